#include "git/difference.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "git/limits.h"
#include "support/git_fixture.h"

using namespace esclusa;
using core::FileStatus;
using test::GitFixture;

namespace {

core::Difference compare(const GitFixture& fixture, const std::string& base,
                         const std::string& head, git::DifferenceBounds bounds = {300, {1, 300}}) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  auto difference = git::difference(*repository, base, head, bounds);
  REQUIRE(difference);
  return std::move(*difference);
}

/// Makes a commit from exactly these entries of `git mktree`.
std::string commit_tree(const GitFixture& fixture, const std::string& entries) {
  return fixture.git({"commit-tree", fixture.git({"mktree"}, entries), "-m", "made"});
}

std::string blob(const GitFixture& fixture, const std::string& content) {
  return fixture.git({"hash-object", "-w", "--stdin"}, content);
}

std::string file(const GitFixture& fixture, const std::string& name, const std::string& content) {
  return "100644 blob " + blob(fixture, content) + "\t" + name + "\n";
}

}  // namespace

TEST_CASE("difference: added, modified and removed files, with GitHub's patch") {
  GitFixture fixture;
  const std::string base =
      commit_tree(fixture, file(fixture, "gone", "x\n") + file(fixture, "kept", "k\n") +
                               file(fixture, "text", "one\ntwo\nthree"));
  const std::string head =
      commit_tree(fixture, file(fixture, "kept", "k\n") + file(fixture, "new", "n1\nn2\n") +
                               file(fixture, "text", "one\n2\nthree"));
  const core::Difference found = compare(fixture, base, head);
  REQUIRE(found.items.size() == 3);
  CHECK(found.items[0].path == "gone");
  CHECK(found.items[0].status == FileStatus::removed);
  CHECK(found.items[0].sha == blob(fixture, "x\n"));
  CHECK(found.items[0].patch == "@@ -1 +0,0 @@\n-x");
  CHECK(found.items[1].status == FileStatus::added);
  CHECK(found.items[1].addition_count == 2);
  CHECK(found.items[1].patch == "@@ -0,0 +1,2 @@\n+n1\n+n2");
  CHECK(found.items[2].status == FileStatus::modified);
  CHECK(found.items[2].patch ==
        "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n\\ No newline at end of file");
  CHECK(found.addition_count == 3);
  CHECK(found.deletion_count == 2);
  CHECK(found.base_sha == base);
}

TEST_CASE("difference: without a base, everything is new") {
  GitFixture fixture;
  const core::Difference found = compare(fixture, "", fixture.commit("main", "a", "1\n"));
  REQUIRE(found.items.size() == 1);
  CHECK(found.items[0].status == FileStatus::added);
  CHECK(found.base_sha.empty());
}

TEST_CASE("difference: renames are found, also with changes") {
  GitFixture fixture;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string base = commit_tree(fixture, file(fixture, "before", text));
  const std::string head = commit_tree(fixture, file(fixture, "after", text + "more\n"));
  const core::Difference found = compare(fixture, base, head);
  REQUIRE(found.items.size() == 1);
  CHECK(found.items[0].status == FileStatus::renamed);
  CHECK(found.items[0].path == "after");
  CHECK(found.items[0].previous_path == "before");
  CHECK(found.items[0].addition_count == 1);
  CHECK(found.items[0].deletion_count == 0);
}

TEST_CASE("difference: modes, symbolic links, submodules and binary files") {
  GitFixture fixture;
  const std::string text = blob(fixture, "text\n");
  const std::string commit = fixture.commit("main", "a", "1");
  const std::string base =
      commit_tree(fixture, "100644 blob " + text + "\tmode\n100644 blob " + text + "\ttype\n" +
                               file(fixture, "binary", std::string("a\0b", 3)));
  const std::string head =
      commit_tree(fixture, "100755 blob " + text + "\tmode\n120000 blob " + blob(fixture, "mode") +
                               "\ttype\n160000 commit " + commit + "\tmodule\n" +
                               file(fixture, "binary", std::string("a\0c", 3)));
  const core::Difference found = compare(fixture, base, head);
  REQUIRE(found.items.size() == 4);
  CHECK(found.items[0].path == "binary");
  CHECK_FALSE(found.items[0].patch);
  CHECK(found.items[1].path == "mode");
  CHECK(found.items[1].status == FileStatus::modified);
  CHECK_FALSE(found.items[1].patch);
  CHECK(found.items[2].path == "module");
  CHECK(found.items[2].patch == "@@ -0,0 +1 @@\n+Subproject commit " + commit);
  CHECK(found.items[2].sha == commit);
  CHECK(found.items[3].path == "type");
  CHECK(found.items[3].status == FileStatus::changed);
}

TEST_CASE("difference: patches of one page, counts of all files") {
  GitFixture fixture;
  std::string entries;
  for (char name = 'a'; name <= 'e'; ++name) {
    entries += file(fixture, std::string(1, name), std::string(1, name) + "\n");
  }
  const core::Difference found =
      compare(fixture, "", commit_tree(fixture, entries), {300, {.number = 2, .size = 2}});
  REQUIRE(found.items.size() == 2);
  CHECK(found.items[0].path == "c");
  CHECK(found.items[1].path == "d");
  CHECK(found.total_count == 5);
  CHECK(found.addition_count == 5);
}

TEST_CASE("difference: no lines for files that are too large") {
  GitFixture fixture;
  const std::string base = commit_tree(fixture, file(fixture, "large", "x\n"));
  const std::string large(limits::diff_blob_bytes + 1, 'x');
  std::string lines;
  while (lines.size() < limits::patch_bytes) lines += "a line that is new in this file\n";
  const std::string head =
      commit_tree(fixture, file(fixture, "large", large) + file(fixture, "long", lines));
  const core::Difference found = compare(fixture, base, head);
  REQUIRE(found.items.size() == 2);
  CHECK(found.items[0].addition_count == 0);
  CHECK_FALSE(found.items[0].patch);
  CHECK(found.items[1].addition_count == lines.size() / 32);
  CHECK_FALSE(found.items[1].patch);
}

TEST_CASE("difference: stops at its limit, also in trees that contain each other many times") {
  GitFixture fixture;
  std::string tree = fixture.git({"mktree"}, file(fixture, "a", "1\n") + file(fixture, "b", "2\n"));
  for (int level = 0; level < 40; ++level) {  // 2^41 files
    tree = fixture.git({"mktree"}, "040000 tree " + tree + "\tl\n040000 tree " + tree + "\tr\n");
  }
  const std::string bomb = fixture.git({"commit-tree", tree, "-m", "bomb"});
  const core::Difference found = compare(fixture, "", bomb);
  CHECK(found.total_count == 300);
  CHECK(found.items.front().path.ends_with("/a"));
  CHECK(found.items.front().patch == "@@ -0,0 +1 @@\n+1");
}

TEST_CASE("difference: folders without files are limited, too") {
  GitFixture fixture;
  std::string tree = fixture.git({"mktree"});
  for (int level = 0; level < 40; ++level) {
    tree = fixture.git({"mktree"}, "040000 tree " + tree + "\tl\n040000 tree " + tree + "\tr\n");
  }
  const std::string bomb = fixture.git({"commit-tree", tree, "-m", "bomb"});
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  auto found = git::difference(*repository, "", bomb, {300, {}});
  REQUIRE_FALSE(found);
  CHECK(found.error().reason_code == "diff_too_large");
  CHECK(git::difference(*repository, bomb, bomb, {300, {}})->items.empty());
}

TEST_CASE("difference: unchanged folders are not opened, also when files were renamed") {
  GitFixture fixture;
  std::string tree = fixture.git({"mktree"}, file(fixture, "a", "1\n"));
  for (int level = 0; level < 40; ++level) {
    tree = fixture.git({"mktree"}, "040000 tree " + tree + "\tl\n040000 tree " + tree + "\tr\n");
  }
  const std::string same = "040000 tree " + tree + "\tsame\n";
  const std::string base = commit_tree(fixture, same + file(fixture, "before", "text\n"));
  const std::string head = commit_tree(fixture, same + file(fixture, "after", "text\n"));
  const core::Difference found = compare(fixture, base, head);
  REQUIRE(found.items.size() == 1);
  CHECK(found.items[0].status == FileStatus::renamed);
}

TEST_CASE("difference: too many levels of folders are refused") {
  GitFixture fixture;
  std::string path;
  for (size_t level = 0; level < limits::diff_depth + 2; ++level) path += "d/";
  fixture.git({"fast-import", "--quiet"},
              "commit refs/heads/main\ncommitter A <a@example.com> 1700000000 +0000\ndata 1\nx\n"
              "M 644 inline " +
                  path + "f\ndata 1\nx\n\n");
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  const std::string head = (*repository->resolve("main"))->sha;
  auto found = git::difference(*repository, "", head, {300, {}});
  REQUIRE_FALSE(found);
  CHECK(found.error().reason_code == "diff_too_large");
}

TEST_CASE("difference: long paths cut the list before the number of files does") {
  GitFixture fixture;
  const std::string sha = blob(fixture, "x");
  std::string entries;
  for (int i = 100; i < 150; ++i) {
    entries += "100644 blob " + sha + "\t" + std::to_string(i) + std::string(60'000, 'n') + "\n";
  }
  const core::Difference found = compare(fixture, "", commit_tree(fixture, entries));
  CHECK(found.total_count == limits::diff_path_bytes / 60'003);
  CHECK(found.items.size() == static_cast<size_t>(found.total_count));
  CHECK(found.addition_count == found.items.size());
}

TEST_CASE("difference: a file with too long a path is left out, and so is the rest") {
  GitFixture fixture;
  std::string tree = fixture.git({"mktree"}, file(fixture, "deep", "x"));
  for (int i = 0; i < 18; ++i) {
    tree = fixture.git({"mktree"}, "040000 tree " + tree + "\t" + std::string(60'000, 'd') + "\n");
  }
  const std::string head = commit_tree(
      fixture, file(fixture, "a", "x") + "040000 tree " + tree + "\tb\n" + file(fixture, "c", "x"));
  const core::Difference found = compare(fixture, "", head);
  REQUIRE(found.items.size() == 1);
  CHECK(found.items[0].path == "a");
}
