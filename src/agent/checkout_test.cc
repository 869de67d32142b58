#include "agent/checkout.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

#include "agent/lfs.h"
#include "base/crypto.h"
#include "base/process.h"
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
  Rule rule;

  Fixture() {
    fs::create_directory(folder / "git");
    rule.git = repository.path().string();
    REQUIRE(checkout.prepare({rule}));
  }
  fs::path target() const { return folder / ("source" + std::to_string(count)); }
  Result<void> get(const std::string& sha, std::string git = {}) {
    ++count;
    rule.git = git.empty() ? repository.path().string() : std::move(git);
    return checkout.check_out(rule, sha, folder / "git/demo/shop.git", target(), log);
  }
  std::string printed() const { return test::read_file(folder / "log"); }
  std::string describe() const {
    return repository.git({"--git-dir=" + (target() / ".git").string(), "describe", "--always"});
  }
  /// A commit with a submodule at `lib/x`.
  std::string commit_with_submodule(const std::string& sha, const std::string& url) const {
    const std::string modules =
        repository.git({"hash-object", "-w", "--stdin"},
                       "[submodule \"x\"]\n\tpath = lib/x\n\turl = " + url + "\n");
    const std::string lib =
        repository.git({"mktree", "--missing"}, "160000 commit " + sha + "\tx\n");
    const std::string tree = repository.git(
        {"mktree"}, "100644 blob " + modules + "\t.gitmodules\n040000 tree " + lib + "\tlib\n");
    const std::string made = repository.git({"commit-tree", tree, "-m", "Use a library"});
    repository.git({"update-ref", "refs/heads/main", made});
    return made;
  }
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

TEST_CASE_FIXTURE(Fixture, "check_out: tags come along, also later ones and moved ones") {
  const std::string first = repository.commit("main", "page", "one");
  const std::string second = repository.commit("main", "page", "two");
  repository.git({"tag", "-a", "v1", "-m", "one", first});
  REQUIRE(get(second));
  CHECK(describe().starts_with("v1-1-g"));
  repository.git({"tag", "-a", "-f", "v1", "-m", "moved", second});
  REQUIRE(get(second));
  CHECK(describe() == "v1");
  repository.git({"tag", "-d", "v1"});
  REQUIRE(get(second));
  CHECK(second.starts_with(describe()));
}

TEST_CASE_FIXTURE(Fixture, "check_out: submodules are fetched where the entry says so") {
  test::GitFixture library;
  const std::string lib = library.commit("main", "code", "lib");
  library.commit("main", "code", "newer");
  fs::copy(library.path(), repository.folder() / "lib.git", fs::copy_options::recursive);
  const std::string sha = commit_with_submodule(lib, "../lib.git");
  const auto refused = get(sha);
  REQUIRE(!refused);
  CHECK(refused.error().message == "The commit has submodules, which the entry does not fetch");
  CHECK(printed().contains("the first at lib/x. The [[deploy]] entry has no `submodules = true`"));
  rule.submodules = true;
  REQUIRE(get(sha));
  CHECK(test::read_file(target() / "lib/x/code") == "lib");
}

TEST_CASE_FIXTURE(Fixture, "check_out: a submodule's local repository may be another user's") {
  test::GitFixture library;
  const std::string lib = library.commit("main", "code", "lib");
  const fs::path copy = repository.folder() / "lib.git";
  fs::copy(library.path(), copy, fs::copy_options::recursive);
  if (geteuid() == 0) REQUIRE(chown(copy.c_str(), 12345, 12345) == 0);
  rule.submodules = true;
  REQUIRE_MESSAGE(get(commit_with_submodule(lib, "../lib")), printed());
  CHECK(test::read_file(target() / "lib/x/code") == "lib");
  const std::string settings = test::read_file(folder / "git/.config");
  CHECK(settings.contains("directory = \"" + copy.string() + "\"\n"));
  CHECK(settings.contains("directory = \"" + repository.path().string() + "/.git\"\n"));
}

TEST_CASE_FIXTURE(Fixture, "check_out: entries do not share what they fetched of a submodule") {
  test::GitFixture library;
  const std::string lib = library.commit("main", "code", "lib");
  const fs::path copy = repository.folder() / "lib.git";
  fs::copy(library.path(), copy, fs::copy_options::recursive);
  const std::string sha = commit_with_submodule(lib, "../lib.git");
  rule.repository = "demo/shop";
  rule.submodules = true;
  REQUIRE(get(sha));
  fs::remove_all(copy);
  CHECK(get(sha));
  rule.git_access = SshAccess{folder / "key", folder / "hosts"};
  CHECK(!get(sha));
  rule.git_access.reset();
  rule.repository = "demo/bank";
  CHECK(!get(sha));
}

TEST_CASE_FIXTURE(Fixture,
                  "check_out: a submodule from elsewhere is refused, as one without a URL") {
  rule.submodules = true;
  test::GitFixture secret;
  const std::string sha = secret.commit("main", "code", "secret");
  for (const std::string& url :
       {secret.path().string(), "file://" + secret.path().string(), std::string("https://x/y"),
        "ext::touch " + (folder / "touched").string(), std::string("../../../../../etc")}) {
    CAPTURE(url);
    const auto done = get(commit_with_submodule(sha, url));
    REQUIRE(!done);
    CHECK(done.error().message.contains("A submodule is not fetched"));
    CHECK(!fs::exists(target() / "lib/x/code"));
  }
  CHECK(!fs::exists(folder / "touched"));
  const std::string tree =
      repository.git({"mktree", "--missing"}, "160000 commit " + sha + "\tx\n");
  CHECK(!get(repository.git({"commit-tree", tree, "-m", "A gitlink alone"})));
}

TEST_CASE_FIXTURE(Fixture, "check_out: files of Git LFS are fetched where the entry says so") {
  const std::string content = "large\n";
  const std::string oid = hex(sha256(content));
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid +
                              "\nsize " + std::to_string(content.size()) + "\n";
  REQUIRE(get(repository.commit("main", "example.txt", pointer)));
  repository.commit("main", ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
  repository.commit("main", ".lfsconfig", "[lfs]\n\turl = https://attacker.invalid/\n");
  const std::string sha = repository.commit("main", "film.bin", pointer);
  const auto refused = get(sha);
  REQUIRE(!refused);
  CHECK(refused.error().message ==
        "The commit has files in Git LFS, which the entry does not fetch");
  rule.lfs = true;
  const auto missing = get(sha);
  REQUIRE(!missing);
  CHECK(missing.error().message == "The files in Git LFS could not be fetched");
  ProcessSpec lfs;
  lfs.arguments = {"git", "lfs", "version"};
  lfs.environment = {"PATH=/usr/bin:/bin"};
  if (!run_process(lfs)->succeeded()) return;  // it is not installed here
  const fs::path object =
      repository.git_directory() / "lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2) / oid;
  fs::create_directories(object.parent_path());
  std::ofstream(object) << content;
  const auto fetched = get(sha);
  CHECK_MESSAGE(fetched, printed());
  CHECK(test::read_file(target() / "film.bin") == content);
}

TEST_CASE_FIXTURE(Fixture, "check_out: fails if files of Git LFS cannot be looked for") {
  CHECK(!find_pointers(folder / "absent"));
  const std::string sha =
      repository.commit("main", "film.bin", "version https://git-lfs.github.com/spec/v1\n");
  const std::string path = std::getenv("PATH");
  const fs::path wrapper = folder / "git/git";
  std::ofstream(wrapper) << "#!/bin/sh\ncase \" $* \" in *' check-attr '*)\n"
                            "  echo no attributes >&2; exit 1;; esac\n"
                            "PATH='"
                         << path << "' exec git \"$@\"\n";
  fs::permissions(wrapper, fs::perms::owner_all);
  setenv("PATH", (wrapper.parent_path().string() + ":" + path).c_str(), 1);
  const auto done = get(sha);
  setenv("PATH", path.c_str(), 1);
  REQUIRE(!done);
  CHECK(done.error().message == "The files in Git LFS cannot be told from others");
  CHECK(printed().contains("no attributes"));
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
