#include "git/refs.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;

namespace {

using Names = std::vector<std::string>;

git::Repository opened(const GitFixture& fixture) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  return std::move(*repository);
}

Names names(const GitFixture& fixture, const std::string& prefix) {
  auto found = git::list_ref_names(opened(fixture), prefix);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("list_ref_names: loose and packed ones, sorted, with slashes") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.branch("z", sha);
  fixture.git({"pack-refs", "--all"});
  fixture.branch("feature/b", sha);
  fixture.branch("feature/a/c", sha);
  fixture.tag("v1", sha);
  CHECK(names(fixture, "refs/heads/") ==
        Names{"refs/heads/feature/a/c", "refs/heads/feature/b", "refs/heads/main", "refs/heads/z"});
  CHECK(names(fixture, "refs/heads/fea").size() == 2);
  CHECK(names(fixture, "refs/tags/") == Names{"refs/tags/v1"});
  CHECK(names(fixture, "refs/nothing").empty());
  CHECK(names(fixture, "refs/").size() == 5);
}

TEST_CASE("list_ref_names: an empty repository has none") {
  CHECK(names(GitFixture{}, "refs/heads/").empty());
}

TEST_CASE("list_ref_names: what keeps a commit is hidden") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  REQUIRE(opened(fixture).keep(sha));
  CHECK(fixture.git({"for-each-ref", "refs/deployments"}).contains(sha));
  CHECK(names(fixture, "refs/") == Names{"refs/heads/main"});
  CHECK(names(fixture, "refs/deployments/").empty());
  CHECK(names(fixture, "refs/dep").empty());
  CHECK_FALSE(git::find_ref(opened(fixture), "refs/deployments/" + sha)->has_value());
}

TEST_CASE("list_ref_names: a prefix is no pattern") {
  GitFixture fixture;
  fixture.commit("main", "a", "1");
  for (auto prefix : {"refs/heads/*", "refs/heads/m?in", "refs/heads/[m]ain", "refs/*", "*", "",
                      "HEAD", "refs/heads/\\main", "/refs/heads", "refs/heads/ma\nin"}) {
    CAPTURE(prefix);
    CHECK(names(fixture, prefix).empty());
  }
}

TEST_CASE("list_ref_names: what cannot be a ref hides none of the others") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.branch("sub/deep/er", sha);
  const auto heads = fixture.git_directory() / "refs/heads";
  std::filesystem::create_symlink(heads / "main", heads / "link");
  std::filesystem::create_directory_symlink(heads, heads / "around");
  REQUIRE(mkfifo((heads / "fifo").c_str(), 0600) == 0);
  for (const char* name : {"main.lock", ".hidden", "a..b", "a b", "a\nb", "end."}) {
    std::ofstream(heads / name) << sha << "\n";
  }
  const auto repository = git::Repository::open(fixture.git_directory());
  CHECK(git::list_ref_names(*repository, "refs/heads/").value() ==
        std::vector<std::string>{"refs/heads/main", "refs/heads/sub/deep/er"});
  CHECK(git::list_ref_names(*repository, "refs/heads/su").value() ==
        std::vector<std::string>{"refs/heads/sub/deep/er"});
  CHECK(git::list_branches(*repository).value().size() == 2);
  CHECK(repository->resolve("fifo").error().reason_code == "repository_unsafe");
  CHECK(repository->resolve("link").error().reason_code == "repository_unsafe");
  CHECK(repository->resolve("around/main").error().reason_code == "repository_unsafe");
}

TEST_CASE("list_ref_names: an error where the folder of branches is a link") {
  GitFixture fixture, victim;
  victim.commit("main", "a", "1");
  const auto heads = fixture.git_directory() / "refs/heads";
  std::filesystem::remove(heads);
  std::filesystem::create_directory_symlink(victim.git_directory() / "refs/heads", heads);
  const auto repository = git::Repository::open(fixture.git_directory());
  CHECK(git::list_ref_names(*repository, "refs/heads/").error().reason_code == "repository_unsafe");
  CHECK(repository->resolve("main").error().reason_code == "repository_unsafe");
}

TEST_CASE("find_ref: by exact name, and tags are not peeled") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  const std::string tag = fixture.annotated_tag("v1", sha);
  fixture.tag("tree", fixture.git({"rev-parse", "main^{tree}"}));
  fixture.git({"symbolic-ref", "refs/heads/alias", "refs/heads/main"});
  fixture.git({"symbolic-ref", "refs/heads/dangling", "refs/heads/nothing"});
  const auto repository = opened(fixture);
  auto found = [&](const std::string& name) {
    auto ref = git::find_ref(repository, name);
    REQUIRE(ref);
    return *ref ? (*ref)->type + " " + (*ref)->sha : "";
  };
  CHECK(found("refs/heads/main") == "commit " + sha);
  CHECK(found("refs/heads/alias") == "commit " + sha);
  CHECK(found("refs/tags/v1") == "tag " + tag);
  CHECK(found("refs/tags/tree").starts_with("tree "));
  for (auto name : {"main", "HEAD", "refs/heads", "refs/heads/", "refs/heads/mai", "refs/heads/x",
                    "refs/heads/dangling", "refs/heads/main~0", "refs/heads/../heads/main", ""}) {
    CAPTURE(name);
    CHECK(found(name).empty());
  }
  CHECK(found("refs/heads/" + std::string(300, 'x')).empty());
}
