#include "git/commits.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/git_fixture.h"
#include "support/opened.h"

using namespace esclusa;
using test::GitFixture;
using test::opened;

namespace {

core::Commit read(const GitFixture& fixture, const std::string& sha) {
  auto commit = git::read_commit(opened(fixture), sha);
  REQUIRE(commit);
  return std::move(*commit);
}

std::vector<std::string> shas(const std::vector<core::Commit>& commits) {
  std::vector<std::string> result;
  for (const auto& commit : commits) result.push_back(commit.sha);
  return result;
}

using Shas = std::vector<std::string>;

/// Writes a commit object with any text, even one that no git program would write.
std::string raw_commit(const GitFixture& fixture, const std::string& text) {
  return fixture.git({"hash-object", "-t", "commit", "-w", "--stdin", "--literally"}, text);
}

std::string empty_tree(const GitFixture& fixture) { return fixture.git({"mktree"}); }

}  // namespace

TEST_CASE("read_commit: returns everything that git stores about a commit") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  const core::Commit commit = read(fixture, second);
  CHECK(commit.sha == second);
  CHECK(commit.tree_sha == fixture.git({"rev-parse", "main^{tree}"}));
  CHECK(commit.message == "change a");
  CHECK(commit.author.name == "Ada");
  CHECK(commit.author.email == "ada@example.com");
  CHECK(format_time(commit.author.at) == "2023-11-14T22:15:20Z");
  CHECK(commit.committer.name == "Ada");
  CHECK(commit.parent_shas == Shas{first});
  CHECK(commit.signature.empty());
  CHECK(read(fixture, first).parent_shas.empty());
}

TEST_CASE("read_commit: a signature is returned separately, with the text that it signs") {
  GitFixture fixture;
  const std::string head = "tree " + empty_tree(fixture) +
                           "\nauthor A <a@example.com> 1700000000 +0000"
                           "\ncommitter A <a@example.com> 1700000000 +0000\n";
  const std::string sha =
      raw_commit(fixture, head + "gpgsig -----BEGIN X-----\n abc\n -----END X-----\n\nsigned\n");
  const core::Commit commit = read(fixture, sha);
  CHECK(commit.signature == "-----BEGIN X-----\nabc\n-----END X-----");
  CHECK(commit.signed_text == head + "\nsigned\n");
}

TEST_CASE("read_commit: invented times and huge messages are limited to what answers can hold") {
  GitFixture fixture;
  const std::string sha =
      raw_commit(fixture, "tree " + empty_tree(fixture) +
                              "\nauthor A <a@example.com> 9999999999999999 +0000"
                              "\ncommitter \xff <> 0 +0000\n\n" +
                              std::string(2 * limits::commit_message_bytes, 'x'));
  const core::Commit commit = read(fixture, sha);
  CHECK(format_time(commit.author.at) == "9999-12-31T23:59:59Z");
  CHECK(commit.committer.name == "\xff");
  CHECK(commit.message.size() == limits::commit_message_bytes);
}

TEST_CASE("list_history: newest first, in pages, with the total count") {
  GitFixture fixture;
  Shas all;
  for (int i = 0; i < 5; ++i) all.push_back(fixture.commit("main", "a", std::to_string(i)));
  const auto repository = opened(fixture);
  const auto page = git::list_history(repository, all[4], {}, {.number = 2, .size = 2});
  REQUIRE(page);
  CHECK(shas(page->items) == Shas{all[2], all[1]});
  CHECK(page->total_count == 5);
  CHECK(page->counted_all);
  CHECK(git::list_history(repository, all[4], {}, {.number = 9, .size = 2})->items.empty());
  CHECK(shas(git::list_history(repository, all[1], {}, {})->items) == Shas{all[1], all[0]});
}

TEST_CASE("list_history: merged branches are ordered by age, as in git log") {
  GitFixture fixture;
  fixture.branch("topic", fixture.commit("main", "a", "0"));
  for (int i = 1; i < 4; ++i) {
    fixture.commit("main", "a", std::to_string(i));
    fixture.commit("topic", "b", std::to_string(i));
  }
  const std::string merge =
      fixture.git({"commit-tree", "main^{tree}", "-p", "main", "-p", "topic", "-m", "merge"});
  const std::string expected = fixture.git({"log", "--format=%s %ct", merge});
  std::string found;
  const auto history = git::list_history(opened(fixture), merge, {}, {});
  for (const auto& commit : history->items) {
    found +=
        commit.message + " " + std::to_string(to_micros(commit.committer.at) / 1'000'000) + "\n";
  }
  CHECK(trim(found) == expected);
}

TEST_CASE("list_history: since and until use the committer's time") {
  GitFixture fixture;
  Shas all;
  for (int i = 0; i < 5; ++i) all.push_back(fixture.commit("main", "a", std::to_string(i)));
  const auto at = [&](int i) { return read(fixture, all[i]).committer.at; };
  const git::HistoryFilter filter{at(1), at(3)};
  const auto found = git::list_history(opened(fixture), all[4], filter, {.number = 1, .size = 2});
  CHECK(shas(found->items) == Shas{all[3], all[2]});
  CHECK(found->total_count == 3);
}

TEST_CASE("list_history: counting stops at its limit, unless the page lies beyond it") {
  GitFixture fixture;
  const int count = static_cast<int>(limits::counted_commits) + 50;
  std::string stream;
  for (int i = 1; i <= count; ++i) {
    stream += "commit refs/heads/main\ncommitter A <a@example.com> " +
              std::to_string(1'700'000'000 + i) + " +0000\ndata 1\nx\n\n";
  }
  fixture.git({"fast-import", "--quiet"}, stream);
  const auto repository = opened(fixture);
  const std::string head = (*repository.resolve("main"))->sha;
  const auto first = git::list_history(repository, head, {}, {});
  CHECK_FALSE(first->counted_all);
  CHECK(first->items.size() == 30);
  const auto last = git::list_history(repository, head, {}, {.number = 101, .size = 100});
  CHECK(last->counted_all);
  CHECK(last->items.size() == 50);
  CHECK(last->total_count == count);
}

TEST_CASE("list_history: a walk over too many commits is refused, and says so") {
  GitFixture fixture;
  std::string last;
  for (int number = 1; number <= 5; ++number) {
    last = fixture.commit("main", "a", std::to_string(number));
  }
  const auto list = [&](int page, size_t walked_max) {
    return git::list_history(opened(fixture), last, {}, {.number = page, .size = 2}, walked_max);
  };
  CHECK(list(3, 5)->items.size() == 1);
  const auto refused = list(3, 4);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().reason_code == "history_too_long");
}

TEST_CASE("diverge: the commits of the head only, oldest first, and the merge base") {
  GitFixture fixture;
  const std::string root = fixture.commit("main", "a", "1");
  fixture.branch("topic", root);
  const std::string main = fixture.commit("main", "a", "2");
  const std::string one = fixture.commit("topic", "b", "1");
  const std::string two = fixture.commit("topic", "b", "2");
  const auto repository = opened(fixture);
  auto divergence = git::diverge(repository, main, two);
  REQUIRE(divergence);
  REQUIRE(*divergence);
  CHECK((*divergence)->merge_base_sha == root);
  CHECK((*divergence)->ahead_shas == Shas{one, two});
  CHECK((*divergence)->distance.behind_count == 1);
  const std::string unrelated = fixture.commit("unrelated", "c", "1");
  CHECK_FALSE(git::diverge(repository, main, unrelated)->has_value());
}

TEST_CASE("read_commit: texts in another encoding are converted to UTF-8") {
  GitFixture fixture;
  const auto check = [&](const std::string& encoding, const std::string& text,
                         const std::string& expected) {
    CAPTURE(encoding);
    const std::string person = text + " <a@example.com> 1700000000 +0000\n";
    const core::Commit commit =
        read(fixture, raw_commit(fixture, "tree " + empty_tree(fixture) + "\nauthor " + person +
                                              "committer " + person + "encoding " + encoding +
                                              "\n\n" + text + "\n"));
    CHECK(commit.message == expected);
    CHECK(commit.author.name == expected);
    CHECK(commit.committer.name == expected);
  };
  check("ISO-8859-1", "caf\xe9", "caf\u00e9");
  check("latin1", "caf\xe9", "caf\u00e9");
  check("windows-1252", "5 \x80", "5 \u20ac");
  check("Shift_JIS", "\x93\xfa\x96\x7b", "\u65e5\u672c");
  check("EUC-JP", "x\xff y", "x\ufffd y");  // not a character in EUC-JP
  check("UTF-8", "caf\u00e9", "caf\u00e9");
  check("no-such-encoding", "caf\xe9", "caf\xe9");  // invalid UTF-8 is replaced in JSON
  check("../../evil", "caf\xe9", "caf\xe9");
}
