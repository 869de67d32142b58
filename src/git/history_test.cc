#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "base/text.h"
#include "git/repository.h"
#include "support/git_fixture.h"
#include "support/opened.h"

using namespace esclusa;
using test::GitFixture;
using test::opened;

// Tests of how Repository keeps and compares commits. Refs are tested in repository_test.cc.

namespace {

bool has(const GitFixture& fixture, const std::string& sha) {
  auto found = opened(fixture).resolve(sha);
  REQUIRE(found);
  return found->has_value();
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  return text;
}

}  // namespace

TEST_CASE("keep: the commit survives the deletion of its branch and a gc") {
  GitFixture fixture;
  fixture.commit("main", "a", "1");
  const std::string kept = fixture.commit("topic", "a", "2");
  const std::string lost = fixture.commit("other", "a", "3");
  REQUIRE(opened(fixture).keep(kept));
  REQUIRE(opened(fixture).keep(upper(kept)));  // a repeated keep does nothing
  CHECK(fixture.git({"for-each-ref", "--format=%(refname)", "refs/deployments"}) ==
        "refs/deployments/" + kept);
  fixture.delete_branch("topic");
  fixture.delete_branch("other");
  fixture.git({"gc", "-q", "--prune=now"});
  CHECK(has(fixture, kept));
  CHECK_FALSE(has(fixture, lost));
  REQUIRE(opened(fixture).keep(kept));  // its ref is packed now
}

TEST_CASE("keep: an unknown commit is an error, and creates no ref") {
  GitFixture fixture;
  fixture.commit("main", "a", "1");
  CHECK_FALSE(opened(fixture).keep(std::string(40, 'a')));
  CHECK_FALSE(opened(fixture).keep(fixture.git({"rev-parse", "main^{tree}"})));
  CHECK(fixture.git({"for-each-ref", "refs/deployments"}).empty());
}

TEST_CASE("keep: a lock that a killed server left does not block the ref for ever") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  std::filesystem::create_directories(fixture.git_directory() / "refs/deployments");
  std::ofstream(fixture.git_directory() / ("refs/deployments/" + sha + ".lock")) << sha << "\n";
  CHECK(opened(fixture).keep(sha));
  CHECK(fixture.git({"rev-parse", "refs/deployments/" + sha}) == sha);
}

TEST_CASE("keep: many threads at once, for the same commit and for different ones") {
  GitFixture fixture;
  std::vector<std::string> commits;
  for (int i = 0; i < 8; ++i) commits.push_back(fixture.commit("main", "a", std::to_string(i)));
  std::atomic<int> kept = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto repository = git::Repository::open(fixture.git_directory());
      for (const auto& sha : commits) {
        if (repository && repository->keep(sha)) ++kept;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(kept == 32);
  const std::string refs = fixture.git({"for-each-ref", "refs/deployments"});
  CHECK(split(refs, '\n').size() == 8);
}

TEST_CASE("compare: counts the commits of either side") {
  GitFixture fixture;
  const std::string root = fixture.commit("main", "a", "1");
  fixture.branch("topic", root);
  fixture.commit("main", "a", "2");
  const std::string main = fixture.commit("main", "a", "3");
  const std::string topic = fixture.commit("topic", "b", "1");
  const std::string unrelated = fixture.commit("unrelated", "c", "1");
  auto check = [&](const std::string& base, const std::string& head, size_t ahead, size_t behind) {
    auto distance = opened(fixture).compare(base, head);
    REQUIRE(distance);
    CHECK(distance->ahead_count == ahead);
    CHECK(distance->behind_count == behind);
  };
  check(main, topic, 1, 2);
  check(topic, main, 2, 1);
  check(root, main, 2, 0);
  check(main, root, 0, 2);
  check(main, upper(main), 0, 0);
  check(main, unrelated, 1, 3);
}

TEST_CASE("compare: exact on tangled histories with wrong clocks") {
  std::mt19937 random(1);  // the same numbers each time
  auto below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
  constexpr int commit_count = 60;
  for (const int wrong_by_minutes : {1, 6, 60, 1000}) {
    GitFixture fixture;
    std::string stream;
    std::vector<std::set<int>> history(commit_count + 1);  // each commit with all its ancestors
    for (int i = 1; i <= commit_count; ++i) {
      const int date = 1'700'000'000 + 60 * (i - below(wrong_by_minutes));
      stream += "commit refs/heads/c" + std::to_string(i) + "\nmark :" + std::to_string(i) +
                "\ncommitter A <a@example.com> " + std::to_string(date) + " +0000\ndata 1\nx\n";
      history[i].insert(i);
      const int parent_count = i == 1 ? 0 : 1 + below(3);
      for (int p = 0; p < parent_count; ++p) {
        const int parent = std::max(1, i - 1 - below(6));
        stream += (p == 0 ? "from :" : "merge :") + std::to_string(parent) + "\n";
        history[i].insert(history[parent].begin(), history[parent].end());
      }
      stream += "\n";
    }
    fixture.git({"fast-import", "--quiet", "--force"}, stream);
    auto repository = opened(fixture);
    auto sha = [&](int n) { return (*repository.resolve("c" + std::to_string(n)))->sha; };
    auto only_in = [&](int one, int other) {
      return static_cast<size_t>(
          std::ranges::count_if(history[one], [&](int n) { return !history[other].contains(n); }));
    };
    for (int n = 0; n < 100; ++n) {
      const int base = 1 + below(commit_count), head = 1 + below(commit_count);
      auto distance = repository.compare(sha(base), sha(head));
      REQUIRE(distance);
      CHECK(distance->ahead_count == only_in(head, base));
      CHECK(distance->behind_count == only_in(base, head));
    }
  }
}

TEST_CASE("compare: invented dates do not harm") {
  GitFixture fixture;
  std::string stream;
  for (auto date : {"0", "9223372036854775807", "1", "4102444800"}) {
    stream += "commit refs/heads/main\ncommitter A <a@example.com> " + std::string(date) +
              " +0000\ndata 1\nx\n\n";
  }
  fixture.git({"fast-import", "--quiet", "--force", "--date-format=raw-permissive"}, stream);
  const std::string head = fixture.git({"rev-parse", "main"});
  auto distance = opened(fixture).compare(fixture.git({"rev-parse", "main~3"}), head);
  REQUIRE(distance);
  CHECK(distance->ahead_count == 3);
  CHECK(distance->behind_count == 0);
}

TEST_CASE("compare: an error where a shallow repository lacks commits") {
  GitFixture origin;
  const std::string root = origin.commit("main", "a", "1");
  origin.branch("topic", root);
  origin.commit("main", "a", "2");
  const std::string main = origin.commit("main", "a", "3");
  const std::string topic = origin.commit("topic", "b", "1");
  GitFixture shallow;
  shallow.git({"fetch", "-q", "--depth=1", "file://" + origin.path().string(), "refs/*:refs/*"});
  CHECK(has(shallow, main));
  CHECK(has(shallow, topic));
  auto check = [](const Result<git::Distance>& distance) {
    REQUIRE_FALSE(distance);
    CHECK(distance.error().code == ErrorCode::unavailable);
    CHECK(distance.error().reason_code == "repository_unreadable");
  };
  check(opened(shallow).compare(main, topic));
  check(opened(shallow).compare(root, main));
  check(opened(shallow).compare(root, root));
}
