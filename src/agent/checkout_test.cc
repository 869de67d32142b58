#include "agent/checkout.h"

#include <doctest/doctest.h>

#include "base/crypto.h"
#include "support/git_fixture.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

struct Fixture {
  test::GitFixture repository;
  test::TempFolder folder;
  std::atomic<bool> cancel = false;
  Checkout checkout{folder.path(), cancel};
  RunLog log = RunLog::open(folder / "log").value();
  int count = 0;

  Fixture() {
    fs::create_directory(folder / "git");
    Rule rule;
    rule.git = repository.path().string();
    REQUIRE(checkout.prepare({rule}));
  }
  fs::path target() const { return folder / ("source" + std::to_string(count)); }
  Result<void> get(const std::string& sha, std::string git = {}) {
    ++count;
    Rule rule{.git = git.empty() ? repository.path().string() : std::move(git)};
    return checkout.check_out(rule, sha, folder / "git/demo/shop.git", target(), log);
  }
  std::string printed() const { return test::read_file(folder / "log"); }
};

TEST_CASE_FIXTURE(Fixture, "check_out: exactly the commit, also an old one and a later one") {
  const std::string first = repository.commit("main", "page", "one");
  const std::string second = repository.commit("main", "page", "two");
  REQUIRE(get(first));
  CHECK(test::read_file(target() / "page") == "one");
  REQUIRE(get(second));
  CHECK(test::read_file(target() / "page") == "two");
  const std::string third = repository.commit("other", "page", "three");
  REQUIRE(get(third));
  CHECK(test::read_file(target() / "page") == "three");
}

TEST_CASE_FIXTURE(Fixture, "check_out: a commit that no branch has any more") {
  repository.commit("main", "page", "one");
  const std::string lost = repository.commit("topic", "page", "lost");
  repository.delete_branch("topic");
  REQUIRE(get(lost));
  CHECK(test::read_file(target() / "page") == "lost");
}

TEST_CASE_FIXTURE(Fixture, "check_out: a commit that was fetched once needs no repository") {
  const std::string sha = repository.commit("main", "page", "one");
  REQUIRE(get(sha));
  REQUIRE(get(sha, "/nowhere"));
  CHECK(test::read_file(target() / "page") == "one");
}

TEST_CASE_FIXTURE(Fixture, "check_out: says that a commit or the repository is not there") {
  repository.commit("main", "page", "one");
  auto missing = get(std::string(40, 'a'));
  REQUIRE(!missing);
  CHECK(missing.error().message.contains("The commit is not in the repository"));
  auto nowhere = get(std::string(40, 'a'), "/nowhere/at/all");
  REQUIRE(!nowhere);
  CHECK(nowhere.error().message == "The repository could not be fetched");
  CHECK(printed().contains("/nowhere/at/all"));
}

TEST_CASE_FIXTURE(Fixture, "check_out: a transport that runs programs is refused") {
  const fs::path touched = folder / "touched";
  CHECK(!get(std::string(40, 'a'), "ext::touch " + touched.string()));
  CHECK(!fs::exists(touched));
  CHECK(printed().contains("not allowed"));
}

TEST_CASE_FIXTURE(Fixture, "check_out: neither hooks nor filters of a repository run") {
  const fs::path touched = folder / "touched";
  const std::string script = "#!/bin/sh\ntouch " + touched.string() + "\n";
  repository.git({"config", "filter.x.smudge", "touch " + touched.string()});
  repository.git({"config", "uploadpack.packObjectsHook", "touch " + touched.string()});
  repository.commit("main", ".gitattributes", "* filter=x\n");
  const std::string sha = repository.commit("main", "page", "one");
  for (const char* hook : {"post-checkout", "reference-transaction", "post-merge"}) {
    const fs::path file = repository.git_directory() / "hooks" / hook;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << script;
    fs::permissions(file, fs::perms::owner_all);
  }
  REQUIRE(get(sha));
  CHECK(test::read_file(target() / "page") == "one");
  CHECK(!fs::exists(touched));
}

TEST_CASE_FIXTURE(Fixture, "check_out: ends when the agent is to end") {
  cancel = true;
  CHECK(!get(repository.commit("main", "page", "one")));
}

TEST_CASE_FIXTURE(Fixture, "check_out: a password in a URL does not reach the log") {
  CHECK(credentials_in("https://bot:pa55@git.example/a/b@c") == "bot:pa55");
  CHECK(credentials_in("https://git.example/a@b") == "");
  CHECK(credentials_in("git@git.example:a/b") == "");
  CHECK(credentials_in("ssh://git@git.example:22/a/b.git") == "");
  CHECK(credentials_in("ssh://git:pa55@git.example/a/b.git") == "git:pa55");
  CHECK(!get(std::string(40, 'a'), "file://bot:pa55@localhost/nowhere"));
  CHECK(!printed().contains("pa55"));
}

}  // namespace
}  // namespace esclusa::agent
