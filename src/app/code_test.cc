#include "app/code.h"

#include <doctest/doctest.h>

#include "app/branch_protections.h"
#include "app/contents.h"
#include "base/limits.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::AppFixture;
using test::GitFixture;
using test::must;

TEST_CASE("get_commit: our noreply address belongs to its account, even with a wrong login") {
  AppFixture app;
  GitFixture git;
  const auto access = app.add(git);
  const AccountId ada = access.repository.owner.id;
  const std::string tree = git.git({"mktree"});
  const std::string sha =
      git.git({"hash-object", "-t", "commit", "-w", "--stdin"},
              "tree " + tree + "\nauthor Ada <" + std::to_string(ada.value) +
                  "+former@users.noreply.esclusa.invalid> 1700000000 +0000\ncommitter Nobody "
                  "<999+ada@users.noreply.esclusa.invalid> 1700000000 +0000\n\nempty\n");
  const auto commit = must(app::get_commit(app.context, access, sha, {})).commit;
  REQUIRE(commit.author.account);
  CHECK(commit.author.account->login == "ada");
  CHECK_FALSE(commit.committer.account);
}

TEST_CASE("compare: without pages the latest 250 commits, with pages all of them") {
  AppFixture app;
  GitFixture git;
  std::string stream;
  const int count = static_cast<int>(limits::compared_commits) + 11;
  for (int i = 0; i < count; ++i) {
    stream += "commit refs/heads/main\ncommitter A <a@example.com> " +
              std::to_string(1'700'000'000 + i) + " +0000\ndata <<E\n" + std::to_string(i) +
              "\nE\n\n";
    if (i == 0) stream += "reset refs/heads/base\nfrom refs/heads/main\n\n";
  }
  git.git({"fast-import", "--quiet"}, stream);
  const auto access = app.add(git);
  const auto latest = must(app::compare(app.context, access, "base...main", std::nullopt));
  CHECK(latest.ahead_count == limits::compared_commits + 10);
  REQUIRE(latest.commits.size() == limits::compared_commits);
  CHECK(latest.commits.front().message == "11");
  CHECK(latest.commits.back().message == std::to_string(count - 1));
  CHECK(latest.difference);
  const auto page =
      must(app::compare(app.context, access, "base...main", core::Page{.number = 3, .size = 100}));
  REQUIRE(page.commits.size() == 60);
  CHECK(page.commits.front().message == "201");
  CHECK_FALSE(page.difference);
}

TEST_CASE("list_commits: HEAD or no ref means the default branch, which follows HEAD unless set") {
  AppFixture app;
  GitFixture git;
  const std::string main = git.commit("main", "a", "1");
  auto access = app.add(git);
  const std::string other = git.commit("other", "b", "1");
  git.git({"symbolic-ref", "HEAD", "refs/heads/other"});
  CHECK(must(app::list_commits(app.context, access, {.ref = ""}, {})).items.front().sha == other);
  CHECK(must(app::get_commit_sha(access, "HEAD")) == other);
  access.repository.default_branch_source = core::DefaultBranchSource::set;
  CHECK(must(app::list_commits(app.context, access, {.ref = ""}, {})).items.front().sha == main);
  CHECK(must(app::get_commit_sha(access, "HEAD")) == main);
}

TEST_CASE("list_tags: leaves out tags of objects that are not commits") {
  AppFixture app;
  GitFixture git;
  const std::string sha = git.commit("main", "a", "1");
  git.tag("v1", sha);
  git.tag("v2", sha);
  git.tag("tree", git.git({"rev-parse", "main^{tree}"}));
  const auto tags = must(app::list_tags(app.add(git), {}));
  REQUIRE(tags.items.size() == 2);
  CHECK(tags.items[0].name == "v2");
  CHECK(tags.items[1].name == "v1");
}

TEST_CASE("list_branches, get_branch: show protection, and lists can be filtered by it") {
  AppFixture app;
  GitFixture git;
  const std::string sha = git.commit("main", "a.txt", "one");
  for (const char* name : {"release/1", "release/2", "topic"}) git.branch(name, sha);
  const auto access = app.add(git);
  auto list = [&](std::optional<bool> is_protected, const core::Page& page = {}) {
    std::string all;
    const auto listing = must(app::list_branches(app.context, access, is_protected, page));
    for (const core::Branch& branch : listing.items) {
      all += branch.name + (branch.is_protected ? "! " : " ");
    }
    return all + std::to_string(listing.total_count);
  };
  CHECK(list(true) == "0");
  CHECK(list({}) == "main release/1 release/2 topic 4");
  must(app::protect_branches(app.context, app.administrator, "ada", "application", "release/*"));
  must(app::protect_branches(app.context, app.administrator, "ada", "application", "main"));
  CHECK(list({}) == "main! release/1! release/2! topic 4");
  CHECK(list(true) == "main! release/1! release/2! 3");
  CHECK(list(false) == "topic 1");
  CHECK(list(true, {.number = 2, .size = 2}) == "release/2! 3");
  CHECK(must(app::get_branch(app.context, access, "release/1")).is_protected);
  CHECK_FALSE(must(app::get_branch(app.context, access, "topic")).is_protected);
}

TEST_CASE("get_contents: a folder of long names is cut off before a thousand entries") {
  AppFixture app;
  GitFixture git;
  const std::string blob = git.git({"hash-object", "-w", "--stdin"}, "x");
  std::string entries;
  for (int i = 100; i < 150; ++i) {
    entries += "100644 blob " + blob + "\t" + std::to_string(i) + std::string(60'000, 'n') + "\n";
  }
  const std::string sub = git.git({"mktree"}, entries);
  const std::string root = git.git({"mktree"}, entries + "040000 tree " + sub + "\tsub\n");
  git.git({"update-ref", "refs/heads/main", git.git({"commit-tree", root, "-m", "made"})});
  const auto access = app.add(git);
  for (const std::string path : {"", "sub"}) {
    CAPTURE(path);
    const auto contents = must(app::get_contents(access, path, ""));
    CHECK(contents.entry.path == path);
    CHECK(contents.children.size() == app::folder_path_bytes / 60'003);
    CHECK(contents.children.front().path.starts_with(path.empty() ? "100" : "sub/100"));
  }
}
