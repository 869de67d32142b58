#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/repository.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;

namespace {

void check_refused(const Result<git::Inspection>& found, std::string_view because) {
  REQUIRE_FALSE(found);
  CAPTURE(found.error().message);
  CHECK(found.error().code == ErrorCode::invalid);
  CHECK(found.error().message.contains(because));
}

}  // namespace

TEST_CASE("inspect: a bare repository") {
  GitFixture fixture(GitFixture::Layout::bare, "trunk");
  fixture.commit("trunk", "a", "1");
  auto found = git::inspect(fixture.path());
  REQUIRE(found);
  CHECK(found->git_directory == fixture.path());
  CHECK(found->default_branch == "trunk");
  CHECK(found->bare);
}

TEST_CASE("inspect: a work tree, by its own path and by that of its .git folder") {
  GitFixture fixture(GitFixture::Layout::work_tree, "feature/x");
  for (const auto& path : {fixture.path(), fixture.path() / ".git", fixture.path() / "." / ""}) {
    CAPTURE(path);
    auto found = git::inspect(path);
    REQUIRE(found);
    CHECK(found->git_directory == fixture.path() / ".git");
    CHECK(found->default_branch == "feature/x");  // unborn
    CHECK_FALSE(found->bare);
  }
}

TEST_CASE("inspect: symbolic links and linked work trees lead to the repository itself") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  fixture.commit("main", "a", "1");
  std::filesystem::create_symlink(fixture.path(), fixture.folder() / "link");
  CHECK(git::inspect(fixture.folder() / "link")->git_directory == fixture.path() / ".git");
  const auto linked = fixture.folder() / "linked";
  fixture.git({"worktree", "add", "-q", "-b", "topic", linked.string(), "main"});
  auto found = git::inspect(linked);
  REQUIRE(found);
  CHECK(found->git_directory == fixture.path() / ".git");
  CHECK(found->default_branch == "main");
}

TEST_CASE("inspect: a path may have any characters") {
  GitFixture fixture;
  const auto odd = fixture.folder() / "a b\n$(id):'\"";
  std::filesystem::rename(fixture.path(), odd);
  auto found = git::inspect(odd);
  REQUIRE(found);
  CHECK(found->git_directory == odd);
}

TEST_CASE("inspect: a repository of another owner") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  constexpr uid_t nobody = 65534;
  if (chown(fixture.path().c_str(), nobody, nobody) != 0) return;  // only root may
  REQUIRE(chown(fixture.git_directory().c_str(), nobody, nobody) == 0);
  CHECK(git::inspect(fixture.path()));
}

TEST_CASE("inspect: refuses what is no repository") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  check_refused(git::inspect(fixture.folder().path()), "not a git repository");
  check_refused(git::inspect(fixture.folder() / "absent"), "No such file");
  check_refused(git::inspect(fixture.folder().write("file", "")), "not a folder");
  // Inside of a repository is not the repository.
  std::filesystem::create_directory(fixture.path() / "inside");
  check_refused(git::inspect(fixture.path() / "inside"), "not a git repository");
  std::filesystem::create_directory(fixture.path() / "inside/.git");
  check_refused(git::inspect(fixture.path() / "inside"), "not a git repository");
  check_refused(git::inspect(""), "");
}

TEST_CASE("inspect: refuses SHA-256 repositories") {
  GitFixture fixture(GitFixture::Layout::bare, "main", "sha256");
  check_refused(git::inspect(fixture.path()), "sha256");
}

TEST_CASE("inspect: refuses a repository of a format that this git does not know") {
  GitFixture fixture;
  fixture.git({"config", "core.repositoryFormatVersion", "1"});
  fixture.git({"config", "extensions.mystery", "true"});
  check_refused(git::inspect(fixture.path()), "mystery");
}

TEST_CASE("inspect: refuses a detached HEAD, and one that points to no branch") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.git({"symbolic-ref", "HEAD", "refs/tags/x"});
  check_refused(git::inspect(fixture.path()), "refs/tags/x");
  fixture.git({"update-ref", "--no-deref", "HEAD", sha});
  check_refused(git::inspect(fixture.path()), "detached");
}

TEST_CASE("inspect: runs nothing that the repository configures") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  const auto trap = fixture.folder() / "trap";
  const auto program = fixture.folder().write("program", "#!/bin/sh\ntouch " + trap.string());
  chmod(program.c_str(), 0755);
  for (const auto* name : {"core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass",
                           "alias.rev-parse", "core.alternateRefsCommand"}) {
    const std::string bang = std::string(name).starts_with("alias") ? "!" : "";
    fixture.git({"config", name, bang + program.string()});
  }
  CHECK(git::inspect(fixture.path()));
  CHECK_FALSE(std::filesystem::exists(trap));
}

TEST_CASE("create_bare: an empty repository with the default branch, whose kept refs are hidden") {
  test::TempFolder folder;
  const auto path = folder / "owner/name.git";
  REQUIRE(git::create_bare(path, "feature/x"));
  auto found = git::inspect(path);
  REQUIRE(found);
  CHECK(found->bare);
  CHECK(found->git_directory == path);
  CHECK(found->default_branch == "feature/x");

  GitFixture pusher;
  const std::string sha = pusher.commit("feature/x", "a", "1");
  pusher.git({"push", "-q", path.string(), "feature/x"});
  auto repository = git::Repository::open(path);
  REQUIRE(repository);
  CHECK((*repository->resolve("feature/x"))->sha == sha);
  REQUIRE(repository->keep(sha));
  const std::string listed = pusher.git({"ls-remote", path.string()});
  CHECK(listed.contains("refs/heads/feature/x"));
  CHECK_FALSE(listed.contains("refs/deployments"));
  CHECK_THROWS(pusher.git({"push", "-q", path.string(), sha + ":refs/deployments/x"}));
}

TEST_CASE("create_bare: others can read as much as the umask says") {
  test::TempFolder folder;
  const mode_t before = umask(077);
  const bool created = git::create_bare(folder / "r.git", "main").has_value();
  umask(before);
  REQUIRE(created);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "r.git")) {
    CAPTURE(entry.path());
    CHECK((static_cast<unsigned>(entry.status().permissions()) & 077) == 0);
  }
}

TEST_CASE("create_bare: into an empty folder, but not into one with something in it") {
  test::TempFolder folder;
  const auto path = folder / "r.git";
  std::filesystem::create_directory(path);
  CHECK(git::create_bare(path, "main"));
  CHECK(git::create_bare(path, "main").error().code == ErrorCode::invalid);
  CHECK_FALSE(git::create_bare(folder.write("file", ""), "main"));
  folder.write("full/file", "kept");
  CHECK_FALSE(git::create_bare(folder / "full", "main"));
  CHECK(test::read_file(folder / "full/file") == "kept");
}

TEST_CASE("create_bare: refuses a default branch that cannot be") {
  test::TempFolder folder;
  for (auto name : {"", "a..b", "a b", "-x/", "a\nb", ".hidden"}) {
    CAPTURE(name);
    CHECK(git::create_bare(folder / "r.git", name).error().code == ErrorCode::invalid);
  }
  CHECK_FALSE(std::filesystem::exists(folder / "r.git"));
  REQUIRE(git::create_bare(folder / "r.git", "refs/heads/odd"));
  CHECK(git::inspect(folder / "r.git")->default_branch == "refs/heads/odd");
}
