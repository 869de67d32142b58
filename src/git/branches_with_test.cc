#include <doctest/doctest.h>

#include "base/limits.h"
#include "git/refs.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;

namespace {

using Names = std::vector<std::string>;

Names branches_with(const GitFixture& fixture, const std::string& sha) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  auto branches = git::list_branches_with(*repository, sha, "main");
  REQUIRE(branches);
  Names names;
  for (const core::Branch& branch : *branches) {
    CHECK(branch.sha == fixture.git({"rev-parse", "refs/heads/" + branch.name}));
    names.push_back(branch.name);
  }
  return names;
}

}  // namespace

TEST_CASE("list_branches_with: only the branches that contain the commit") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  fixture.branch("old", first);
  fixture.branch("topic", first);
  const std::string second = fixture.commit("main", "a", "2");
  const std::string idea = fixture.commit("topic", "b", "1");
  fixture.tag("v1", second);
  // Branches whose tip is the commit come first, then the default branch.
  CHECK(branches_with(fixture, first) == Names{"old", "main", "topic"});
  CHECK(branches_with(fixture, second) == Names{"main"});
  CHECK(branches_with(fixture, idea) == Names{"topic"});

  const std::string tree = fixture.git({"rev-parse", second + "^{tree}"});
  const std::string merge =
      fixture.git({"commit-tree", tree, "-m", "merge", "-p", second, "-p", idea});
  fixture.branch("merged", merge);
  CHECK(branches_with(fixture, idea) == Names{"topic", "merged"});
  CHECK(branches_with(fixture, second) == Names{"main", "merged"});
  CHECK(branches_with(fixture, merge) == Names{"merged"});
}

TEST_CASE("list_branches_with: a commit that is on no branch any more") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string lost = fixture.commit("main", "a", "2");
  fixture.branch("main", first);
  CHECK(branches_with(fixture, lost) == Names{});
}

TEST_CASE("list_branches_with: ten of many, the most likely ones first") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  std::string commands;
  for (size_t i = 100; i < 100 + 2 * limits::event_branch_candidates; ++i) {
    commands += "create refs/heads/b" + std::to_string(i) + " " + first + "\n";
  }
  fixture.git({"update-ref", "--stdin"}, commands);
  const std::string second = fixture.commit("main", "a", "2");
  fixture.branch("z-at-the-end", second);
  CHECK(branches_with(fixture, second) == Names{"main", "z-at-the-end"});
  const Names names = branches_with(fixture, first);
  CHECK(names.size() == limits::event_branches);
  CHECK(names.front() == "b100");
}

TEST_CASE("list_branches_with: the search is bounded, also in a long history") {
  GitFixture fixture;
  std::string stream;
  for (size_t i = 0; i < limits::event_branch_commits + 10; ++i) {
    stream += "commit refs/heads/main\ncommitter A <a@b> " + std::to_string(1'700'000'000 + i) +
              " +0000\ndata 0\n";
  }
  fixture.git({"fast-import", "--quiet"}, stream);
  CHECK(branches_with(fixture, fixture.git({"rev-parse", "main~900"})) == Names{"main"});
  CHECK(branches_with(fixture, fixture.git({"rev-list", "--max-parents=0", "main"})) == Names{});
}

TEST_CASE(
    "list_branches_with: the newest commits are read first, however many old ones there are") {
  GitFixture fixture;
  std::string stream;
  const auto add_history = [&](const std::string& branch, size_t length, size_t begin) {
    for (size_t i = 0; i < length; ++i) {
      stream += "commit refs/heads/" + branch + "\ncommitter A <a@b> " + std::to_string(begin + i) +
                " +0000\ndata " + std::to_string(branch.size()) + "\n" + branch + "\n";
    }
  };
  for (const char* name : {"a", "b", "c", "x", "y", "z"}) {
    add_history(name, limits::event_branch_commits / 2, 1'600'000'000);
  }
  add_history("main", 300, 1'700'000'000);
  add_history("topic", 300, 1'700'000'000);
  fixture.git({"fast-import", "--quiet"}, stream);
  CHECK(branches_with(fixture, fixture.git({"rev-parse", "main~250"})) == Names{"main"});
  CHECK(branches_with(fixture, fixture.git({"rev-parse", "topic~250"})) == Names{"topic"});
}
