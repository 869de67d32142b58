#include <doctest/doctest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "git/examine.h"
#include "git/limits.h"
#include "git/registration.h"
#include "git/repository.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;

namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// While this object lives, its thread has only the file permissions of `nobody`, who owns the
/// folder.
class Unprivileged {
 public:
  explicit Unprivileged(const std::filesystem::path& folder) {
    if (geteuid() != 0) return;
    constexpr uid_t nobody = 65534;
    REQUIRE(chown(folder.c_str(), nobody, nobody) == 0);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      REQUIRE(chown(entry.path().c_str(), nobody, nobody) == 0);
    }
    setfsuid(nobody);
  }
  ~Unprivileged() { setfsuid(geteuid()); }
};

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
  CHECK(found->is_bare);
}

TEST_CASE("inspect: a work tree, by its own path or by its .git folder") {
  GitFixture fixture(GitFixture::Layout::work_tree, "feature/x");
  for (const auto& path : {fixture.path(), fixture.path() / ".git", fixture.path() / "." / ""}) {
    CAPTURE(path);
    auto found = git::inspect(path);
    REQUIRE(found);
    CHECK(found->git_directory == fixture.path() / ".git");
    CHECK(found->default_branch == "feature/x");  // it has no commit yet
    CHECK_FALSE(found->is_bare);
  }
}

TEST_CASE("inspect: a symbolic link given by the user means its target") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  fixture.commit("main", "a", "1");
  std::filesystem::create_symlink(fixture.path(), fixture.folder() / "link");
  CHECK(git::inspect(fixture.folder() / "link")->git_directory == fixture.path() / ".git");
}

TEST_CASE("inspect: nothing in the folder can lead to another repository") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  fixture.commit("main", "a", "1");
  const auto linked = fixture.folder() / "linked";
  fixture.git({"worktree", "add", "-q", "-b", "topic", linked.string(), "main"});
  check_refused(git::inspect(linked), fixture.git_directory().string() + "/worktrees/linked");
  const auto found = git::inspect(fixture.path());
  REQUIRE(found);
  CHECK(join(found->found, " ").contains("linked work trees (1)"));
  const auto other = fixture.folder() / "other";
  std::filesystem::create_directory(other);
  std::filesystem::create_directory_symlink(fixture.git_directory(), other / ".git");
  check_refused(git::inspect(other), "symbolic link");
}

TEST_CASE("inspect: links and FIFOs in place of the files to read are refused") {
  for (const char* name : {"HEAD", "objects", "refs", "packed-refs", "config", "shallow"}) {
    CAPTURE(name);
    GitFixture fixture;
    GitFixture other;
    other.commit("main", "a", "1");
    other.git({"pack-refs", "--all"});
    const auto path = fixture.path() / name;
    std::filesystem::remove_all(path);
    std::filesystem::create_symlink(other.path() / name, path);
    check_refused(git::inspect(fixture.path()), "symbolic link");
    std::filesystem::remove(path);
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK_FALSE(git::inspect(fixture.path()));
  }
}

TEST_CASE("inspect: a repository that borrows objects is refused until the folder is declared") {
  GitFixture pool;
  pool.commit("main", "a", "1");
  const std::string objects = pool.path() / "objects";
  GitFixture fixture;
  write_file(fixture.path() / "objects/info/alternates", "# shared\n" + objects + "\n");
  check_refused(git::inspect(fixture.path()), "--alternate " + objects);
  CHECK(git::inspect(fixture.path()).error().reason_code == "undeclared_alternate");
  auto found = git::inspect(fixture.path(), {.alternates = {objects}});
  REQUIRE(found);
  CHECK(found->alternates == std::vector<std::string>{objects});
  CHECK(join(found->found, " ").contains("borrows objects from " + objects));
  // The alternate's alternates count too, and a relative path is resolved as in git.
  GitFixture deep;
  write_file(pool.path() / "objects/info/alternates", deep.path() / "objects\n");
  check_refused(git::inspect(fixture.path(), {.alternates = {objects}}),
                "--alternate " + (deep.path() / "objects").string());
  CHECK(git::inspect(fixture.path(), {.alternates = {objects, deep.path() / "objects"}}));
}

TEST_CASE("inspect: a declared alternate that is not used is refused") {
  GitFixture pool;
  GitFixture fixture;
  const auto found = git::inspect(fixture.path(), {.alternates = {pool.path() / "objects"}});
  REQUIRE_FALSE(found);
  CHECK(found.error().reason_code == "undeclared_alternate");
}

TEST_CASE("inspect: an alternate that is named by a symbolic link works in a merge") {
  GitFixture pool;
  const std::string objects = pool.path() / "objects";
  GitFixture fixture;
  const auto link = fixture.folder() / "link";
  std::filesystem::create_directory_symlink(pool.path(), link);
  write_file(fixture.path() / "objects/info/alternates", (link / "objects").string() + "\n");
  const auto found = git::inspect(fixture.path(), {.alternates = {link / "objects"}});
  REQUIRE(found);
  CHECK(found->alternates == std::vector<std::string>{objects});
  const auto folder = git::Folder::open(found->git_directory);
  REQUIRE(folder);
  CHECK(git::examine_repository(*folder, found->git_directory.string(), found->alternates));
}

TEST_CASE("inspect: refuses more linked work trees than a merge examines") {
  GitFixture fixture;
  const auto work_trees = fixture.path() / "worktrees";
  const auto add = [&](size_t number) {
    std::filesystem::create_directories(work_trees / std::to_string(number));
  };
  for (size_t i = 0; i < limits::work_trees; ++i) add(i);
  const auto found = git::inspect(fixture.path());
  REQUIRE(found);
  CHECK(join(found->found, " ").contains("linked work trees (1000)"));
  add(limits::work_trees);
  check_refused(git::inspect(fixture.path()), "more than 1000 linked work trees");
}

TEST_CASE("inspect: refuses incomplete clones") {
  GitFixture whole;
  whole.commit("main", "a", "1");
  whole.commit("main", "b", "2");
  const auto shallow = whole.folder() / "shallow";
  whole.git(
      {"clone", "-q", "--bare", "--depth=1", "file://" + whole.path().string(), shallow.string()});
  check_refused(git::inspect(shallow), "fetch --unshallow");
  GitFixture partial;
  partial.git({"config", "remote.origin.promisor", "true"});
  check_refused(git::inspect(partial.path()), "partial clone");
}

TEST_CASE("inspect: refuses another ref format") {
  GitFixture fixture;
  fixture.git({"config", "core.repositoryFormatVersion", "1"});
  fixture.git({"config", "extensions.refStorage", "reftable"});
  check_refused(git::inspect(fixture.path()), "reftable");
}

TEST_CASE("inspect: reports what it found, and tries to write where declared writable") {
  GitFixture fixture;
  chmod(fixture.path().c_str(), 02777);
  const auto read_only = git::inspect(fixture.path());
  REQUIRE(read_only);
  const std::string found = join(read_only->found, " ");
  CHECK(found.contains("It is bare."));
  CHECK(found.contains("mode 2777"));
  CHECK(found.contains("Everybody on this machine may write into it."));
  CHECK_FALSE(found.contains("can write there"));
  const auto writable = git::inspect(fixture.path(), {.alternates = {}, .writable = true});
  REQUIRE(writable);
  CHECK(join(writable->found, " ").contains("can write there"));
  for (const char* name : {"objects", "refs", "refs/heads"}) {
    for (const auto& entry : std::filesystem::directory_iterator(fixture.path() / name)) {
      CHECK_FALSE(entry.path().filename().string().starts_with("."));
    }
  }
}

TEST_CASE("inspect: names the folder that cannot be written, the user, and what to do") {
  GitFixture fixture;
  const Unprivileged nobody(fixture.folder().path());
  for (const char* name : {"objects", "refs", "refs/heads"}) {
    CAPTURE(name);
    const auto path = fixture.path() / name;
    chmod(path.c_str(), 0500);
    const auto refused = git::inspect(fixture.path(), {.alternates = {}, .writable = true});
    chmod(path.c_str(), 0700);
    check_refused(refused, path.string());
    CHECK(refused.error().reason_code == "repository_not_writable");
    CHECK(refused.error().message.contains("setfacl"));
  }
}

TEST_CASE("inspect: a path may have any characters") {
  GitFixture fixture;
  const auto odd = fixture.folder() / "a b\n$(id):'\"";
  std::filesystem::rename(fixture.path(), odd);
  auto found = git::inspect(odd);
  REQUIRE(found);
  CHECK(found->git_directory == odd);
}

TEST_CASE("inspect: accepts a repository of another owner") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  constexpr uid_t nobody = 65534;
  if (chown(fixture.path().c_str(), nobody, nobody) != 0) return;  // only root may
  REQUIRE(chown(fixture.git_directory().c_str(), nobody, nobody) == 0);
  CHECK(git::inspect(fixture.path()));
}

TEST_CASE("inspect: refuses a folder that is not a repository") {
  GitFixture fixture(GitFixture::Layout::work_tree);
  check_refused(git::inspect(fixture.folder().path()), "not a git repository");
  check_refused(git::inspect(fixture.folder() / "absent"), "No such file");
  check_refused(git::inspect(fixture.folder().write("file", "")), "not a folder");
  // A folder inside a repository is not the repository.
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

TEST_CASE("inspect: no default branch if HEAD is detached or points to no branch") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.git({"symbolic-ref", "HEAD", "refs/tags/x"});
  CHECK(git::inspect(fixture.path())->default_branch == std::nullopt);
  fixture.git({"update-ref", "--no-deref", "HEAD", sha});
  CHECK(git::inspect(fixture.path())->default_branch == std::nullopt);
}

TEST_CASE("inspect: runs no program that the repository configures") {
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

TEST_CASE("create_bare: an empty repository with the default branch, whose keep-refs are hidden") {
  test::TempFolder folder;
  const auto path = folder / "owner/name.git";
  REQUIRE(git::create_bare(path, "feature/x"));
  auto found = git::inspect(path);
  REQUIRE(found);
  CHECK(found->is_bare);
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

TEST_CASE("create_bare: the umask decides what others can read") {
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

TEST_CASE("create_bare: accepts an empty folder, but no other") {
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

TEST_CASE("create_bare: accepts an empty folder of another owner") {
  test::TempFolder folder;
  std::filesystem::create_directory(folder / "r.git");
  constexpr uid_t nobody = 65534;
  if (chown((folder / "r.git").c_str(), nobody, nobody) != 0) return;  // only root may
  CHECK(git::create_bare(folder / "r.git", "main"));
}

TEST_CASE("create_bare: refuses an invalid default branch") {
  test::TempFolder folder;
  for (auto name : {"", "a..b", "a b", "-x/", "a\nb", ".hidden"}) {
    CAPTURE(name);
    CHECK(git::create_bare(folder / "r.git", name).error().code == ErrorCode::invalid);
  }
  CHECK_FALSE(std::filesystem::exists(folder / "r.git"));
  REQUIRE(git::create_bare(folder / "r.git", "refs/heads/odd"));
  CHECK(git::inspect(folder / "r.git")->default_branch == "refs/heads/odd");
}
