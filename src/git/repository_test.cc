#include "git/repository.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "support/git_fixture.h"
#include "support/opened.h"

using namespace esclusa;
using core::RefKind;
using core::ResolvedRef;
using test::GitFixture;
using test::opened;

namespace {

/// Opens the repository for each call, as the server does.
std::optional<ResolvedRef> resolved(const GitFixture& fixture, std::string_view ref) {
  CAPTURE(ref);
  auto found = opened(fixture).resolve(ref);
  REQUIRE(found);
  return *found;
}

ResolvedRef branch(const std::string& name, const std::string& sha) {
  return {RefKind::branch, "refs/heads/" + name, sha};
}
ResolvedRef tag(const std::string& name, const std::string& sha) {
  return {RefKind::tag, "refs/tags/" + name, sha};
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  return text;
}

}  // namespace

TEST_CASE("resolve: branches, tags and full names") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  fixture.tag("light", first);
  const std::string tag_object = fixture.annotated_tag("v1", first);
  fixture.git({"update-ref", "refs/pull/1/head", first});

  CHECK(resolved(fixture, "main") == branch("main", second));
  CHECK(resolved(fixture, "refs/heads/main") == branch("main", second));
  CHECK(resolved(fixture, "light") == tag("light", first));
  CHECK(resolved(fixture, "v1") == tag("v1", first));
  CHECK(resolved(fixture, "refs/tags/v1") == tag("v1", first));
  CHECK(resolved(fixture, "refs/pull/1/head") ==
        ResolvedRef{RefKind::other_ref, "refs/pull/1/head", first});
  CHECK_FALSE(resolved(fixture, "refs/heads/v1"));
  CHECK_FALSE(resolved(fixture, "refs/tags/main"));
  CHECK_FALSE(resolved(fixture, "heads/main"));
  CHECK_FALSE(resolved(fixture, "refs/pull/1"));
  CHECK_FALSE(resolved(fixture, "refs/heads"));
  CHECK_FALSE(resolved(fixture, "main/below"));
  CHECK_FALSE(resolved(fixture, "Main"));
  CHECK_FALSE(resolved(fixture, tag_object));  // an object that is not a commit

  fixture.git({"pack-refs", "--all", "--prune"});
  CHECK(resolved(fixture, "main") == branch("main", second));
  CHECK(resolved(fixture, "v1") == tag("v1", first));
  CHECK_FALSE(resolved(fixture, "refs/heads"));
}

TEST_CASE("resolve: a branch is preferred to a tag of the same name") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  fixture.branch("release", first);
  fixture.tag("release", second);
  CHECK(resolved(fixture, "release") == branch("release", first));
  CHECK(resolved(fixture, "refs/tags/release") == tag("release", second));
  fixture.delete_branch("release");
  CHECK(resolved(fixture, "release") == tag("release", second));
}

TEST_CASE("resolve: full SHAs in either case, and abbreviations of seven digits or more") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  const ResolvedRef commit{RefKind::commit, "", sha};
  CHECK(resolved(fixture, sha) == commit);
  CHECK(resolved(fixture, upper(sha)) == commit);
  CHECK(resolved(fixture, sha.substr(0, 7)) == commit);
  CHECK(resolved(fixture, upper(sha.substr(0, 7))) == commit);
  CHECK(resolved(fixture, sha.substr(0, 39)) == commit);
  CHECK_FALSE(resolved(fixture, sha.substr(0, 6)));
  CHECK_FALSE(resolved(fixture, sha + "0"));
  CHECK_FALSE(resolved(fixture, std::string(40, '0')));
  CHECK_FALSE(resolved(fixture, std::string(40, 'f')));
  CHECK_FALSE(resolved(fixture, "fffffff"));
  fixture.git({"gc", "-q"});
  CHECK(resolved(fixture, sha) == commit);
  CHECK(resolved(fixture, sha.substr(0, 7)) == commit);
}

TEST_CASE("resolve: an abbreviation of a blob or a tree is nothing") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  for (const auto& name : {sha + ":a", sha + "^{tree}"}) {
    const std::string object = fixture.git({"rev-parse", name});
    CHECK_FALSE(resolved(fixture, object));
    CHECK_FALSE(resolved(fixture, object.substr(0, 10)));
  }
}

TEST_CASE("resolve: an ambiguous abbreviation is nothing") {
  GitFixture fixture;
  // These two messages were chosen so that the ids of the commits begin alike.
  auto make = [&](const std::string& message) {
    const std::string person = "A <a@example.com> 1700000000 +0000\n";
    return fixture.git({"hash-object", "-t", "commit", "-w", "--stdin"},
                       "tree " + fixture.git({"mktree"}) + "\nauthor " + person + "committer " +
                           person + "\n" + message + "\n");
  };
  const std::string one = make("7423");
  CHECK(resolved(fixture, one.substr(0, 7))->sha == one);
  const std::string other = make("13877");
  REQUIRE(one != other);
  REQUIRE(one.substr(0, 7) == other.substr(0, 7));
  CHECK_FALSE(resolved(fixture, one.substr(0, 7)));
  CHECK(resolved(fixture, one.substr(0, 9))->sha == one);
  CHECK(resolved(fixture, other.substr(0, 9))->sha == other);
}

TEST_CASE("resolve: a branch named like an abbreviation is preferred, one like a full SHA is not") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  fixture.branch(first.substr(0, 7), second);
  CHECK(resolved(fixture, first.substr(0, 7)) == branch(first.substr(0, 7), second));
  fixture.branch(first, second);
  CHECK(resolved(fixture, first) == ResolvedRef{RefKind::commit, "", first});
  const std::string absent(40, 'a');
  fixture.branch(absent, second);
  CHECK(resolved(fixture, absent) == branch(absent, second));
}

TEST_CASE("resolve: revision expressions resolve to nothing") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  const std::string first = fixture.commit("main", "text", "1");
  const std::string second = fixture.commit("main", "text", "2");
  for (const auto& expression : {std::string("HEAD"),
                                 std::string("HEAD~1"),
                                 std::string("HEAD^"),
                                 std::string("main^"),
                                 std::string("main~1"),
                                 std::string("main^{commit}"),
                                 std::string("main@{0}"),
                                 std::string("@"),
                                 std::string("@{-1}"),
                                 std::string("-"),
                                 std::string(":/change"),
                                 std::string("main:text"),
                                 std::string("refs/heads/main:"),
                                 std::string("main.."),
                                 std::string("main...main"),
                                 std::string("^main"),
                                 first + ".." + second,
                                 first + "^0",
                                 std::string("main-1-g") + second.substr(0, 7),
                                 std::string("refs/heads/*"),
                                 std::string("refs/heads/../heads/main"),
                                 std::string("../HEAD"),
                                 std::string("/main"),
                                 std::string("main/"),
                                 std::string("refs//heads/main"),
                                 std::string("refs/heads/main "),
                                 std::string(" main"),
                                 std::string("main\n"),
                                 std::string("main\0", 5),
                                 std::string("")}) {
    CAPTURE(expression);
    CHECK_FALSE(resolved(fixture, expression));
  }
}

TEST_CASE("resolve: HEAD means only a branch of that name") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  fixture.commit("main", "a", "2");
  fixture.branch("HEAD", first);
  CHECK(resolved(fixture, "HEAD") == branch("HEAD", first));
}

TEST_CASE("resolve: names that look like options or commands are only names") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.commit("main", "a", "2");
  for (std::string name : {"--exec=id", "--upload-pack=id", "$(id)", "-h", "`id`", ";id", "a'b",
                           "a\"b", "%2e", "\xc3\xa9t\xc3\xa9", "a=b", "a,b", "a{b}", "a@b"}) {
    CHECK_FALSE(resolved(fixture, name));
    fixture.branch(name, sha);
    CHECK(resolved(fixture, name) == branch(name, sha));
  }
}

TEST_CASE("resolve: names that are too long for a file name resolve to nothing") {
  GitFixture fixture;
  fixture.commit("main", "a", "1");
  CHECK_FALSE(resolved(fixture, std::string(255, 'a')));
  CHECK_FALSE(resolved(fixture, std::string(256, 'a')));
  CHECK_FALSE(resolved(fixture, std::string(1024, 'a')));
  std::string deep;
  while (deep.size() < 1022) deep += "a/";
  CHECK_FALSE(resolved(fixture, deep + "a"));
}

TEST_CASE("resolve: a tag of a tree or a blob is nothing, and nothing else is tried instead") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.tag("tree", sha + "^{tree}");
  fixture.tag("blob", sha + ":a");
  fixture.annotated_tag("signed-blob", sha + ":a");
  fixture.annotated_tag("nested", fixture.annotated_tag("inner", sha));
  fixture.tag(sha.substr(0, 8), sha + "^{tree}");
  for (auto pack : {false, true}) {
    if (pack) fixture.git({"pack-refs", "--all", "--prune"});
    CHECK_FALSE(resolved(fixture, "tree"));
    CHECK_FALSE(resolved(fixture, "blob"));
    CHECK_FALSE(resolved(fixture, "signed-blob"));
    CHECK(resolved(fixture, "nested") == tag("nested", sha));
    CHECK_FALSE(resolved(fixture, sha.substr(0, 8)));  // the user meant the tag
  }
}

TEST_CASE("resolve: a hundred tags of tags lead to their commit, more lead to nothing") {
  GitFixture fixture;
  std::string sha = fixture.commit("main", "a", "1");
  const std::string commit = sha;
  std::string type = "commit";
  for (int i = 1; i <= 101; ++i) {
    sha = fixture.git({"mktag"}, "object " + sha + "\ntype " + type + "\ntag t\n" +
                                     "tagger Ada <ada@example.com> 1700000000 +0000\n\nx\n");
    type = "tag";
    fixture.git({"update-ref", "refs/tags/t" + std::to_string(i), sha});
  }
  CHECK(resolved(fixture, "t100") == tag("t100", commit));
  CHECK_FALSE(resolved(fixture, "t101"));
}

TEST_CASE("resolve: symbolic refs are followed; refs without a commit resolve to nothing") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.git({"symbolic-ref", "refs/heads/alias", "refs/heads/main"});
  fixture.git({"symbolic-ref", "refs/heads/unborn", "refs/heads/later"});
  CHECK(resolved(fixture, "alias") == branch("alias", sha));
  CHECK_FALSE(resolved(fixture, "unborn"));
}

TEST_CASE("resolve: hidden refs resolve to nothing") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  REQUIRE(opened(fixture).keep(sha));
  CHECK_FALSE(resolved(fixture, "refs/deployments/" + sha));
  CHECK_FALSE(resolved(fixture, "deployments/" + sha));
}

TEST_CASE("resolve: everything resolves to nothing in an empty repository") {
  GitFixture fixture;
  CHECK_FALSE(resolved(fixture, "main"));
  CHECK_FALSE(resolved(fixture, "1234567"));
}

TEST_CASE("resolve: sees commits that were pushed after the repository was opened") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  fixture.git({"pack-refs", "--all", "--prune"});
  auto repository = opened(fixture);
  CHECK((*repository.resolve("main"))->sha == first);
  const std::string second = fixture.commit("main", "a", "2");
  fixture.git({"gc", "-q", "--prune=now"});
  CHECK((*repository.resolve("main"))->sha == second);
  CHECK((*repository.resolve(second.substr(0, 7)))->sha == second);
}

TEST_CASE("open: a repository of another owner is read like any other") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  constexpr uid_t nobody = 65534;
  if (chown(fixture.path().c_str(), nobody, nobody) != 0) return;  // only root may
  CHECK(resolved(fixture, "main") == branch("main", sha));
}

TEST_CASE("open: a removed repository is unreadable") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  auto repository = opened(fixture);
  std::filesystem::remove_all(fixture.path());
  auto check = [](const auto& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::unavailable);
    CHECK(result.error().reason_code == "repository_unreadable");
    CHECK_FALSE(result.error().message.contains("/"));
  };
  check(git::Repository::open(fixture.git_directory()));
  check(repository.resolve("main"));
  check(repository.resolve("other"));
  check(repository.resolve(std::string(40, 'a')));
  check(repository.keep(sha));
  check(repository.compare(sha, std::string(40, 'a')));
}

TEST_CASE("open: a folder that is not a repository is unreadable") {
  test::TempFolder folder;
  CHECK(git::Repository::open(folder.path()).error().reason_code == "repository_unreadable");
  CHECK_FALSE(git::Repository::open(folder.write("file", "text")));
}

TEST_CASE("resolve: a ref whose file is invalid is an error, not a missing ref") {
  GitFixture fixture;
  fixture.commit("main", "a", "1");
  fixture.folder().write("repository/refs/heads/broken", "garbage\n");
  auto found = opened(fixture).resolve("broken");
  REQUIRE_FALSE(found);
  CHECK(found.error().reason_code == "repository_unreadable");
}

TEST_CASE("resolve: a branch whose commit is missing is an error, not a missing ref") {
  GitFixture fixture;
  fixture.folder().write("repository/refs/heads/broken", std::string(40, 'a') + "\n");
  CHECK(opened(fixture).resolve("broken").error().reason_code == "repository_unreadable");
}

TEST_CASE("resolve: symbolic refs in a cycle, in too long a chain, or out of refs/") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  std::string target = "refs/heads/main";
  for (int i = 1; i <= 6; ++i) {
    const std::string name = "refs/heads/s" + std::to_string(i);
    fixture.folder().write("repository/" + name, "ref: " + target + "\n");
    target = name;
  }
  CHECK(resolved(fixture, "s5") == branch("s5", sha));
  CHECK_FALSE(opened(fixture).resolve("s6"));
  fixture.folder().write("repository/refs/heads/round", "ref: refs/heads/round\n");
  CHECK_FALSE(opened(fixture).resolve("round"));
  fixture.folder().write("repository/secret", sha + "\n");
  for (const char* elsewhere : {"secret", "refs/../secret", "../../secret", "/etc/hostname"}) {
    fixture.folder().write("repository/refs/heads/out", std::string("ref: ") + elsewhere + "\n");
    CHECK_FALSE(resolved(fixture, "out"));
  }
}

TEST_CASE("head: the ref that HEAD points to, whether or not it exists") {
  GitFixture fixture(GitFixture::Layout::bare, "trunk");
  CHECK(opened(fixture).head().value() == "refs/heads/trunk");
  const std::string sha = fixture.commit("trunk", "a", "1");
  CHECK(opened(fixture).head().value() == "refs/heads/trunk");
  fixture.git({"update-ref", "--no-deref", "HEAD", sha});
  CHECK_FALSE(opened(fixture).head().value());
  std::filesystem::remove(fixture.git_directory() / "HEAD");
  CHECK_FALSE(opened(fixture).head().value());
}

TEST_CASE("open: symbolic links in place of the objects or the path are not followed") {
  GitFixture fixture, victim;
  victim.commit("main", "a", "1");
  std::filesystem::create_directory_symlink(victim.path(), fixture.folder() / "link");
  CHECK(git::Repository::open(fixture.folder() / "link").error().reason_code ==
        "repository_unsafe");
  std::filesystem::remove_all(fixture.git_directory() / "objects");
  std::filesystem::create_directory_symlink(victim.git_directory() / "objects",
                                            fixture.git_directory() / "objects");
  CHECK(git::Repository::open(fixture.git_directory()).error().reason_code == "repository_unsafe");
}
