#include "git/push.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;

namespace {

using Names = std::vector<std::string>;

core::Push pushed(const GitFixture& fixture, const std::string& from, const std::string& to) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  auto push = git::read_push(*repository, "refs/heads/topic", from, to);
  REQUIRE(push);
  return *push;
}

}  // namespace

TEST_CASE("read_push: the commits that the branch gets, the oldest first, and their files") {
  GitFixture fixture;
  const std::string base = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  const std::string third = fixture.commit("main", "b", "1");
  const core::Push push = pushed(fixture, base, third);
  CHECK(push.ref == "refs/heads/topic");
  CHECK(push.before_sha == base);
  CHECK(push.after_sha == third);
  REQUIRE(push.commits.size() == 2);
  CHECK(push.commits[0].commit.sha == second);
  CHECK(push.commits[0].modified == Names{"a"});
  CHECK(push.commits[0].added.empty());
  CHECK(push.commits[1].commit.message == "change b");
  CHECK(push.commits[1].added == Names{"b"});

  const std::string empty_tree = fixture.git({"mktree"}, "");
  const std::string last = fixture.git({"commit-tree", empty_tree, "-m", "all gone", "-p", third});
  CHECK(pushed(fixture, third, last).commits.at(0).removed == Names{"a", "b"});
}

TEST_CASE("read_push: of a merge also what it brings, its own files against the branch") {
  GitFixture fixture;
  const std::string base = fixture.commit("main", "a", "1");
  fixture.branch("topic", base);
  const std::string idea = fixture.commit("topic", "b", "1");
  const std::string news = fixture.commit("main", "c", "1");
  const std::string tree = fixture.git({"merge-tree", "--write-tree", idea, news});
  const std::string merge =
      fixture.git({"commit-tree", tree, "-m", "merge", "-p", idea, "-p", news});
  const core::Push push = pushed(fixture, idea, merge);
  REQUIRE(push.commits.size() == 2);
  CHECK(push.commits[0].commit.sha == news);
  CHECK(push.commits[1].commit.sha == merge);
  CHECK(push.commits[1].added == Names{"c"});
}

TEST_CASE("read_push: of very many commits the latest, and never too much text") {
  GitFixture fixture;
  std::string stream;
  auto add = [&](size_t number, const std::string& message) {
    stream += "commit refs/heads/main\ncommitter A <a@b> " +
              std::to_string(1'700'000'000 + number) + " +0000\ndata " +
              std::to_string(message.size()) + "\n" + message + "\n";
  };
  for (size_t i = 0; i <= limits::push_commits + 5; ++i) add(i, std::to_string(i));
  fixture.git({"fast-import", "--quiet"}, stream);
  const std::string first = fixture.git({"rev-list", "--max-parents=0", "main"});
  const std::string tip = fixture.git({"rev-parse", "main"});
  core::Push push = pushed(fixture, first, tip);
  CHECK(push.commits.size() == limits::push_commits);
  CHECK(push.commits.back().commit.sha == tip);

  stream = "reset refs/heads/main\nfrom " + tip + "\n\n";
  for (size_t i = 0; i < 30; ++i) add(10'000 + i, std::string(limits::commit_message_bytes, 'x'));
  fixture.git({"fast-import", "--quiet"}, stream);
  push = pushed(fixture, tip, fixture.git({"rev-parse", "main"}));
  CHECK(push.commits.size() == limits::push_total_bytes / limits::commit_message_bytes);
  CHECK(push.commits.back().commit.sha == push.after_sha);
}
