#include "app/default_branch.h"

#include <doctest/doctest.h>

#include "app/code.h"
#include "app/deployments.h"
#include "app/repositories.h"
#include "core/dry_run.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::DefaultBranchSource;
using test::AppFixture;
using test::GitFixture;
using test::must;

namespace {

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "no error" : result.error().reason_code;
}

/// A writable bare repository with the branches `main` and `topic`; `topic` is behind.
struct BranchFixture : AppFixture {
  explicit BranchFixture(GitFixture::Layout layout = GitFixture::Layout::bare)
      : git(layout), access(add_with_branches()) {}

  app::RepositoryAccess add_with_branches() {
    git.branch("topic", git.commit("main", "a", "1"));
    git.commit("main", "b", "2");
    return add(git);
  }
  core::Repository stored() {
    return must(
        read([&](store::Reader& db) { return *store::find_repository(db, access.repository.id); }));
  }
  void point_head(const std::string& name) { git.git({"symbolic-ref", "HEAD", name}); }
  auto create() {
    core::NewDeployment input;
    input.ref = "topic";
    return app::create_deployment(context, access, input);
  }
  core::Repository set(const std::optional<std::string>& branch) {
    return must(app::update_repository(context, administrator, access.repository.id,
                                       {.default_branch = branch}))
        .repository;
  }

  GitFixture git;
  app::RepositoryAccess access;
};

}  // namespace

TEST_CASE("follow_head: a bare repository's default branch is the one that HEAD points to") {
  BranchFixture app;
  CHECK(app.stored().default_branch_source == DefaultBranchSource::head);
  app.git.git({"branch", "-m", "main", "trunk"});  // this moves HEAD too
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "trunk");
  CHECK(app.stored().default_branch == "trunk");
  CHECK(app.audits("repository.follow_head").size() == 1);
  app::follow_head(app.context, app.stored());
  CHECK(app.audits("repository.follow_head").size() == 1);
}

TEST_CASE("follow_head: the last name stays while HEAD names no branch that has a commit") {
  BranchFixture app;
  const std::string sha = app.git.git({"rev-parse", "refs/heads/main"});
  app.point_head("refs/heads/unborn");
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "main");
  app.git.git({"update-ref", "--no-deref", "HEAD", sha});
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "main");
  std::filesystem::remove(app.git.path() / "HEAD");
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "main");
  std::filesystem::remove_all(app.git.path());
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "main");
}

TEST_CASE("follow_head: the HEAD of a work tree is not followed, as every checkout moves it") {
  BranchFixture app(GitFixture::Layout::work_tree);
  CHECK(app.stored().default_branch_source == DefaultBranchSource::set);
  app.point_head("refs/heads/topic");
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "main");
}

TEST_CASE("follow_head: decides for an older registration when it is first read") {
  for (auto [head, layout, source] :
       {std::tuple("refs/heads/main", GitFixture::Layout::bare, DefaultBranchSource::head),
        std::tuple("refs/heads/topic", GitFixture::Layout::bare, DefaultBranchSource::set),
        std::tuple("refs/heads/main", GitFixture::Layout::work_tree, DefaultBranchSource::set)}) {
    CAPTURE(head);
    BranchFixture app(layout);
    app.set_repository(app.stored().id, [](core::Repository& repository) {
      repository.default_branch_source = DefaultBranchSource::undecided;
      repository.is_bare = false;
    });
    app.point_head(head);
    CHECK(app::follow_head(app.context, app.stored()).default_branch == "main");
    CHECK(app.stored().default_branch_source == source);
    CHECK(app.stored().is_bare == (layout == GitFixture::Layout::bare));
  }
}

TEST_CASE("create_deployment: merges the branch that HEAD points to now") {
  BranchFixture app;
  app.git.git({"branch", "-m", "main", "trunk"});
  const auto merged = std::get<app::AutoMerged>(must(app.create()));
  CHECK(merged.message == "Auto-merged trunk into topic on deployment.");
}

TEST_CASE("create_deployment: without a default branch auto_merge is refused, never skipped") {
  BranchFixture app;
  app.point_head("refs/heads/unborn");
  const auto refused = app.create();
  CHECK(reason(refused) == "default_branch_missing");
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(refused.error().message.contains("HEAD of the repository points to unborn"));
  core::NewDeployment input;
  input.ref = "topic";
  const auto run = must(app::dry_run(app.context, app.access, input));
  CHECK(run.outcome == core::DryRunOutcome::refused);
  CHECK(run.refusal.value().reason_code == "default_branch_missing");
  app.git.git({"update-ref", "--no-deref", "HEAD", app.git.git({"rev-parse", "main"})});
  CHECK(reason(app.create()) == "default_branch_missing");
  app.set("main");
  app.access = app.open("ada", "application");
  std::get<app::AutoMerged>(must(app.create()));
  app.git.git({"branch", "-D", "main"});
  CHECK(reason(app.create()) == "default_branch_missing");
  input.auto_merge = false;
  app.deploy(app.access, input);
  CHECK(app.row_count("deployment") == 1);
}

TEST_CASE("list_commits: without a default branch the error says why, and not that it is empty") {
  BranchFixture app;
  app.point_head("refs/heads/unborn");
  for (const char* ref : {"", "HEAD"}) {
    CHECK(reason(app::list_commits(app.context, app.access, {ref}, {})) ==
          "default_branch_missing");
  }
  CHECK(reason(app::get_commit_sha(app.access, "HEAD")) == "default_branch_missing");
  const auto empty = app.add_bare("empty");
  CHECK(reason(app::list_commits(app.context, empty, {""}, {})) == "repository_empty");
}

TEST_CASE("update_repository: a default branch that is set stays, until HEAD is followed again") {
  BranchFixture app;
  CHECK(app.set("topic").default_branch == "topic");
  CHECK(app.git.git({"symbolic-ref", "HEAD"}) == "refs/heads/main");
  CHECK(app::follow_head(app.context, app.stored()).default_branch == "topic");
  const auto followed = app.set(std::nullopt);
  CHECK(followed.default_branch == "main");
  CHECK(followed.default_branch_source == DefaultBranchSource::head);
  for (const char* name : {"none", "", "refs/heads/main", "a..b"}) {
    CHECK(reason(app::update_repository(app.context, app.administrator, app.access.repository.id,
                                        {.default_branch = name})) == "invalid_branch");
  }
  BranchFixture tree(GitFixture::Layout::work_tree);
  CHECK(reason(app::update_repository(tree.context, tree.administrator, tree.access.repository.id,
                                      {.default_branch = std::optional<std::string>{}})) ==
        "not_bare");
}
