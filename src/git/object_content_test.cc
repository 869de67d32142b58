#include "git/object_content.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "git/limits.h"
#include "git/signature.h"
#include "support/git_fixture.h"
#include "support/opened.h"

using namespace esclusa;
using test::GitFixture;
using test::opened;

namespace {

/// Writes an object with any text.
std::string write_object(const GitFixture& fixture, const std::string& type,
                         const std::string& text) {
  return fixture.git({"hash-object", "-w", "-t", type, "--stdin"}, text);
}

core::Tag tag_of(const GitFixture& fixture, const std::string& sha) {
  auto tag = git::read_tag(opened(fixture), sha);
  REQUIRE(tag);
  REQUIRE(*tag);
  return **tag;
}

/// `path mode type` of each entry.
std::string entries(const core::Tree& tree) {
  std::string text;
  for (const auto& entry : tree.entries) {
    text += entry.path + " " + entry.mode + " " + entry.type + ", ";
  }
  return text + (tree.is_truncated ? "…" : "");
}

const std::string none(40, '0');

}  // namespace

TEST_CASE("read_tag: an annotated tag, with its message unchanged") {
  GitFixture fixture;
  const std::string commit = fixture.commit("main", "a", "1");
  const std::string sha = fixture.annotated_tag("release/1", commit);
  const core::Tag tag = tag_of(fixture, sha);
  CHECK(tag.sha == sha);
  CHECK(tag.name == "release/1");
  CHECK(tag.message == "release\n");
  CHECK(tag.object_type == "commit");
  CHECK(tag.object_sha == commit);
  CHECK(tag.tagger.name == "Ada");
  CHECK(tag.tagger.email == "ada@example.com");
  CHECK(format_time(tag.tagger.at) == "2023-11-14T22:14:20Z");
  CHECK(tag.signature.empty());
  CHECK(tag.signed_text.empty());
  const core::Tag outer = tag_of(fixture, fixture.annotated_tag("outer", sha));
  CHECK(outer.object_type == "tag");
  CHECK(outer.object_sha == sha);
}

TEST_CASE("read_tag: a signed tag is split, and its message keeps the signature") {
  GitFixture fixture;
  const std::string commit = fixture.commit("main", "a", "1");
  const std::string text = "object " + commit +
                           "\ntype commit\ntag v1\ntagger A <a@example.com> 1700000000 +0000\n\n"
                           "First\n\nIt says -----BEGIN PGP SIGNATURE----- in a line.\n";
  for (const std::string kind : {"PGP SIGNATURE", "SSH SIGNATURE", "PGP MESSAGE"}) {
    CAPTURE(kind);
    const std::string signature =
        "-----BEGIN " + kind + "-----\n\nabc\n-----END " + kind + "-----\n";
    const core::Tag tag = tag_of(fixture, write_object(fixture, "tag", text + signature));
    CHECK(tag.signature == signature);
    CHECK(tag.signed_text == text);
    CHECK(tag.message.starts_with("First\n"));
    CHECK(tag.message.ends_with(signature));
  }
  CHECK(tag_of(fixture, write_object(fixture, "tag", text)).signature.empty());
}

TEST_CASE("read_tag: of a signed tag that is too long the signature is not read") {
  GitFixture fixture;
  const std::string commit = fixture.commit("main", "a", "1");
  const std::string head =
      "object " + commit + "\ntype commit\ntag v1\ntagger A <a@example.com> 1700000000 +0000\n\n";
  const std::string signature =
      "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
  const size_t room = limits::commit_message_bytes - head.size() - signature.size() - 1;
  for (const size_t excess : {0, 1}) {
    CAPTURE(excess);
    const std::string text = head + std::string(room + excess, 'x') + "\n";
    const core::Tag tag = tag_of(fixture, write_object(fixture, "tag", text + signature));
    CHECK(tag.signature == (excess == 0 ? signature : ""));
    CHECK(tag.signed_text == (excess == 0 ? text : ""));
  }
}

TEST_CASE("read_tag: very old tags have no tagger") {
  GitFixture fixture;
  const std::string commit = fixture.commit("main", "a", "1");
  const core::Tag tag = tag_of(
      fixture,
      write_object(fixture, "tag", "object " + commit + "\ntype commit\ntag v0\n\nlong ago\n"));
  CHECK(tag.message == "long ago\n");
  CHECK(tag.tagger.name.empty());
  CHECK(format_time(tag.tagger.at) == "1970-01-01T00:00:00Z");
}

TEST_CASE("read_tag, read_tree, read_blob: nothing for another type or a missing object") {
  GitFixture fixture;
  const std::string commit = fixture.commit("main", "a", "1");
  const std::string tag = fixture.annotated_tag("v1", commit);
  const std::string tree = fixture.git({"rev-parse", "main^{tree}"});
  const std::string blob = fixture.git({"rev-parse", "main:a"});
  const auto repository = opened(fixture);
  for (const std::string& sha : {commit, tag, tree, blob, none}) {
    CAPTURE(sha);
    CHECK(git::read_tag(repository, sha)->has_value() == (sha == tag));
    CHECK(git::read_tree(repository, sha, true, 10)->has_value() == (sha == tree));
    CHECK(git::read_blob(repository, sha, 10)->has_value() == (sha == blob));
  }
}

TEST_CASE("read_tree: entries of every kind, with or without the entries of subtrees") {
  GitFixture fixture;
  const std::string blob = write_object(fixture, "blob", "four");
  const std::string sub = fixture.git(
      {"mktree"}, "100755 blob " + blob + "\trun\n040000 tree " +
                      fixture.git({"mktree"}, "100644 blob " + blob + "\tdeep\n") + "\tlower\n");
  const std::string root =
      fixture.git({"mktree", "--missing"}, "100644 blob " + blob + "\ta\n120000 blob " + blob +
                                               "\tlink\n160000 commit " + std::string(40, '1') +
                                               "\tmodule\n040000 tree " + sub + "\tsub\n");
  const auto repository = opened(fixture);
  const std::string begin = "a 100644 blob, link 120000 blob, module 160000 commit, ";
  auto read = [&](bool recursive, size_t limit) {
    return entries(**git::read_tree(repository, root, recursive, limit));
  };
  CHECK(read(false, 10) == begin + "sub 040000 tree, ");
  CHECK(read(true, 10) == begin +
                              "sub 040000 tree, sub/lower 040000 tree, "
                              "sub/lower/deep 100644 blob, sub/run 100755 blob, ");
  CHECK(read(true, 5) == begin + "sub 040000 tree, sub/lower 040000 tree, …");
  CHECK(read(false, 3) == begin + "…");
  CHECK(read(false, 4) == begin + "sub 040000 tree, ");
  const auto tree = **git::read_tree(repository, root, false, 10);
  CHECK(tree.entries[0].size == 4);
  CHECK(tree.entries[0].sha == blob);
  CHECK_FALSE(tree.entries[2].size);
  CHECK_FALSE(tree.entries[3].size);
}

TEST_CASE("read_tree: long paths cut the list before the number of entries does") {
  GitFixture fixture;
  const std::string blob = write_object(fixture, "blob", "x");
  std::string files;
  for (int i = 1000; i < 3000; ++i) {
    files += "100644 blob " + blob + "\t" + std::to_string(i) + "\n";
  }
  std::string tree = fixture.git({"mktree"}, files);
  for (int i = 0; i < 20; ++i) {
    tree = fixture.git({"mktree"}, "040000 tree " + tree + "\t" + std::string(200, 'd') + "\n");
  }
  const auto found = **git::read_tree(opened(fixture), tree, true, 10'000);
  CHECK(found.is_truncated);
  size_t bytes = 0;
  for (const auto& entry : found.entries) bytes += entry.path.size();
  CHECK(bytes <= limits::tree_path_bytes);
  CHECK(bytes > limits::tree_path_bytes - 5000);
}

TEST_CASE("read_blob: returns the content, unless it is too long") {
  GitFixture fixture;
  const std::string sha = write_object(fixture, "blob", "zero \xff one");
  const auto repository = opened(fixture);
  CHECK((*git::read_blob(repository, sha, 10))->content == "zero \xff one");
  const auto large = **git::read_blob(repository, sha, 9);
  CHECK(large.size == 10);
  CHECK(large.content.empty());
}

TEST_CASE("find_in_tree: by the exact path from the root") {
  GitFixture fixture;
  const std::string blob = write_object(fixture, "blob", "x");
  const std::string sub = fixture.git({"mktree"}, "100644 blob " + blob + "\tfile\n");
  const std::string root = fixture.git({"mktree"}, "040000 tree " + sub + "\tsub\n");
  const auto repository = opened(fixture);
  auto find = [&](const std::string& path) {
    const auto found = git::find_in_tree(repository, root, path);
    REQUIRE(found);
    return *found ? (*found)->type + " " + (*found)->path : "";
  };
  CHECK(find("sub") == "tree sub");
  CHECK(find("sub/file") == "blob sub/file");
  for (const char* path : {"file", "sub/none", "sub/file/x", "SUB", "./sub", "../sub", "sub/.",
                           "sub/../sub", "/sub", "none/none"}) {
    CAPTURE(path);
    CHECK(find(path).empty());
  }
}

TEST_CASE("find_tag_signature: the last line that begins a signature") {
  const std::string pgp = "-----BEGIN PGP SIGNATURE-----\n",
                    ssh = "-----BEGIN SSH SIGNATURE-----\n";
  CHECK(git::find_tag_signature("a\n" + pgp + "x") == 2);
  CHECK(git::find_tag_signature("a\n" + pgp + "x\n" + ssh) == 2 + pgp.size() + 2);
  CHECK(git::find_tag_signature(pgp) == 0);
  CHECK(git::find_tag_signature("a " + pgp) == std::string::npos);
  CHECK(git::find_tag_signature("a\n" + pgp + " " + pgp) == 2);
  CHECK(git::find_tag_signature("") == std::string::npos);
}
