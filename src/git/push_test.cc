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
  auto push = git::read_merge(*repository, {"refs/heads/topic", from, to});
  REQUIRE(push);
  return *push;
}

}  // namespace

TEST_CASE("read_merge: the commits that the branch gets, oldest first, and their files") {
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

TEST_CASE("read_merge: a merge also lists the merged commits, and its files against the branch") {
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

TEST_CASE("read_merge: of many commits the newest, and a limited amount of text") {
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

namespace {

const std::string zeros(core::zero_sha);

core::Push change(const GitFixture& fixture, const std::string& ref, const std::string& from,
                  const std::string& to) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  auto push = git::read_push(*repository, {ref, from, to});
  REQUIRE(push);
  return *push;
}

/// The commits of a push, each marked as distinct or not: `SHA+` or `SHA-`.
std::vector<std::string> commits_of(const core::Push& push) {
  std::vector<std::string> list;
  for (const auto& pushed : push.commits) {
    list.push_back(pushed.commit.sha + (pushed.is_distinct ? "+" : "-"));
  }
  return list;
}

bool made(const GitFixture& fixture, const core::RefChange& change) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  const auto facts = git::read_ref_facts(*repository, change);
  REQUIRE(facts);
  return core::has_changed(change, *facts);
}

}  // namespace

TEST_CASE("read_push: the commits that a branch did not have; distinct if no branch had them") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  fixture.branch("topic", first);
  const std::string shared = fixture.commit("topic", "b", "1");
  fixture.branch("-odd", shared);
  const std::string own = fixture.commit("-odd", "c", "1");
  const core::Push moved = change(fixture, "refs/heads/-odd", first, own);
  CHECK(commits_of(moved) == std::vector{shared + "-", own + "+"});
  CHECK(moved.head->commit.sha == own);
  CHECK_FALSE(moved.is_forced);
  // A new branch adds only what no other branch had.
  CHECK(commits_of(change(fixture, "refs/heads/-odd", zeros, own)) == std::vector{own + "+"});
  const core::Push nothing_new = change(fixture, "refs/heads/topic", zeros, shared);
  CHECK(nothing_new.commits.empty());
  CHECK(nothing_new.head->commit.sha == shared);
}

TEST_CASE("read_push: forced if the old commit is no ancestor of the new tip") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  fixture.branch("topic", first);
  const std::string second = fixture.commit("main", "a", "2");
  const std::string other = fixture.commit("topic", "b", "1");
  const std::string alone = fixture.commit("alone", "c", "1");
  const core::Push aside = change(fixture, "refs/heads/main", second, other);
  CHECK(aside.is_forced);
  CHECK(commits_of(aside) == std::vector{other + "-"});
  const core::Push back = change(fixture, "refs/heads/main", second, first);
  CHECK(back.is_forced);
  CHECK(back.commits.empty());
  CHECK(back.head->commit.sha == first);
  const core::Push unrelated = change(fixture, "refs/heads/main", second, alone);
  CHECK(unrelated.is_forced);
  CHECK(commits_of(unrelated) == std::vector{alone + "-"});
}

TEST_CASE("read_push: a tag has a head and no commits; a deleted ref has neither") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string tag = fixture.annotated_tag("v1", first);
  const core::Push tagged = change(fixture, "refs/tags/v1", zeros, tag);
  CHECK(tagged.commits.empty());
  CHECK(tagged.head->commit.sha == first);
  CHECK_FALSE(tagged.is_forced);
  const core::Push gone = change(fixture, "refs/heads/gone", first, zeros);
  CHECK_FALSE(gone.head);
  CHECK(gone.commits.empty());
  CHECK_FALSE(gone.is_forced);
  const std::string blob = fixture.git({"hash-object", "-w", "--stdin"}, "x");
  CHECK_FALSE(change(fixture, "refs/tags/blob", zeros, blob).head);
  CHECK(change(fixture, "refs/tags/blob", tag, blob).is_forced);
}

TEST_CASE("read_ref_facts: the ref shows whether a change happened") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  const std::string third = fixture.commit("main", "a", "3");
  const std::string absent(40, 'e');
  CHECK(made(fixture, {"refs/heads/main", second, third}));
  CHECK(made(fixture, {"refs/heads/main", first, second}));  // also after later changes
  CHECK(made(fixture, {"refs/heads/main", zeros, first}));
  CHECK_FALSE(made(fixture, {"refs/heads/main", third, second}));  // the ref was not moved back
  CHECK_FALSE(made(fixture, {"refs/heads/main", second, first}));  // it was there before
  CHECK_FALSE(made(fixture, {"refs/heads/main", third, absent}));
  CHECK_FALSE(made(fixture, {"refs/heads/main", first, absent}));
  CHECK_FALSE(made(fixture, {"refs/heads/main", third, zeros}));
  CHECK(made(fixture, {"refs/heads/none", third, zeros}));
  CHECK_FALSE(made(fixture, {"refs/heads/none", zeros, third}));
  const std::string tag = fixture.annotated_tag("v1", first);
  CHECK(made(fixture, {"refs/tags/v1", zeros, tag}));
  CHECK_FALSE(made(fixture, {"refs/tags/v1", tag, fixture.annotated_tag("v2", first)}));
}
