#include "git/new_commits.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/database_engines.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;
using test::must;

namespace {

/// The commits in order of age.
std::vector<core::NewCommit> list(const GitFixture& fixture, const std::string& base,
                                  const std::string& head) {
  const auto git = must(git::Repository::open(fixture.git_directory()));
  auto commits = must(git::list_new_commits(git, base, head, 100));
  REQUIRE(commits);
  std::ranges::sort(*commits, {}, &core::NewCommit::committed_at);
  return *commits;
}

Timestamp minute(int number) {
  return from_micros(0) + std::chrono::seconds(1'700'000'000 + 60 * number);
}

}  // namespace

TEST_CASE("list_new_commits: what the head has beyond the base, with the committer's dates") {
  GitFixture fixture;
  const std::string one = fixture.commit("main", "a", "1");
  fixture.branch("other", one);
  const std::string two = fixture.commit("main", "a", "2");
  const std::string beside = fixture.commit("other", "b", "1");
  const std::string three = fixture.commit("main", "a", "3");
  using Commits = std::vector<core::NewCommit>;
  CHECK(list(fixture, one, three) == Commits{{two, minute(2)}, {three, minute(4)}});
  CHECK(list(fixture, beside, three) == Commits{{two, minute(2)}, {three, minute(4)}});
  CHECK(list(fixture, three, beside) == Commits{{beside, minute(3)}});
  CHECK(list(fixture, three, one).empty());  // back
  CHECK(list(fixture, one, one).empty());
}

TEST_CASE("list_new_commits: nothing for a commit that is gone, an error for a long way") {
  GitFixture fixture;
  const std::string one = fixture.commit("main", "a", "1");
  std::string last;
  for (int i = 0; i < 5; ++i) last = fixture.commit("main", "a", std::to_string(i));
  const auto git = must(git::Repository::open(fixture.git_directory()));
  const std::string gone(40, 'a');
  CHECK_FALSE(must(git::list_new_commits(git, gone, last, 100)));
  CHECK_FALSE(must(git::list_new_commits(git, one, gone, 100)));
  const auto long_way = git::list_new_commits(git, one, last, 4);
  REQUIRE_FALSE(long_way);
  CHECK(long_way.error().reason_code == "history_too_long");
}
