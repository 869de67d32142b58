#include "git/program.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>

#include "support/git_fixture.h"
#include "support/has_landlock.h"
#include "support/temp_folder.h"

namespace esclusa::git {
namespace {

using test::GitFixture;

/// A repository whose configuration has an alias; the alias would make the file `trace`.
struct Alias {
  Alias() : program(repository.git_directory() / "evil"), trace(folder / "trace") {
    folder.write("evil", "#!/bin/sh\n: > " + trace.string() + "\n");
    std::filesystem::copy_file(folder / "evil", program);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  Result<ProgramOutput> run(const std::string& command, std::optional<Confinement> files) const {
    return run_git(repository.git_directory(), {"-c", "alias.x=!" + command, "x"}, {},
                   std::move(files));
  }
  Confinement repository_alone() const {
    return {.writable = {repository.git_directory().string(), folder.path().string()}};
  }
  GitFixture repository;
  test::TempFolder folder;
  std::filesystem::path program, trace;
};

TEST_CASE("run_git: when confined, it runs no shell and no program of the repository") {
  const Alias alias;
  REQUIRE(alias.run(alias.program.string(), std::nullopt));
  CHECK(std::filesystem::exists(alias.trace));  // without confinement it would be run
  std::filesystem::remove(alias.trace);
  if (!test::has_landlock()) return;
  for (const std::string& command :
       {alias.program.string(), ": > " + alias.trace.string(), "touch " + alias.trace.string(),
        "/lib64/ld-linux-x86-64.so.2 /usr/bin/touch " + alias.trace.string()}) {
    CAPTURE(command);
    const auto ran = alias.run(command, alias.repository_alone());
    REQUIRE(ran);
    CHECK(ran->exit_code != 0);
    CHECK_FALSE(std::filesystem::exists(alias.trace));
  }
}

TEST_CASE("run_git: when confined, it reads what it was granted, and its own programs run") {
  GitFixture repository, other;
  const std::string sha = repository.commit("main", "a.txt", "one\n");
  const std::string secret = other.commit("main", "b.txt", "two\n");
  const Confinement files{.readable = {repository.git_directory().string()}};
  const auto read = run_git(repository.git_directory(), {"cat-file", "-t", sha}, {}, files);
  REQUIRE(read);
  CHECK(read->output == "commit\n");
  // git itself starts pack-objects.
  const auto bundled =
      run_git(repository.git_directory(), {"bundle", "create", "-", "main"}, {}, files);
  REQUIRE(bundled);
  CHECK(bundled->exit_code == 0);
  CHECK(bundled->output.starts_with("# v2 git bundle"));

  if (!test::has_landlock()) return;
  const std::string alternates =
      "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + (other.git_directory() / "objects").string();
  const std::vector<std::string> asked = {"cat-file", "-t", secret};
  CHECK(run_git(repository.git_directory(), asked, {alternates})->exit_code == 0);
  CHECK(run_git(repository.git_directory(), asked, {alternates}, files)->exit_code != 0);
}

TEST_CASE("run_git: an object that claims 10 GB makes git allocate nothing") {
  GitFixture repository;
  const std::string base = repository.commit("main", "a.txt", "one\n");
  repository.branch("topic", base);
  repository.commit("main", "a.txt", "two\n");
  repository.commit("topic", "a.txt", "three\n");
  const std::string blob = repository.git({"rev-parse", "topic:a.txt"});
  const std::string inflated("blob 10737418240\0three\n", 23);
  std::string deflated(100, '\0');
  uLongf size = deflated.size();
  REQUIRE(compress(reinterpret_cast<Bytef*>(deflated.data()), &size,
                   reinterpret_cast<const Bytef*>(inflated.data()), inflated.size()) == Z_OK);
  const std::string file = "objects/" + blob.substr(0, 2) + "/" + blob.substr(2);
  std::filesystem::remove(repository.git_directory() / file);
  std::ofstream(repository.git_directory() / file, std::ios::binary) << deflated.substr(0, size);
  const auto merged =
      run_git(repository.git_directory(), {"merge-tree", "--write-tree", "main", "topic"});
  REQUIRE(merged);
  CHECK(merged->exit_code == 128);
  CHECK(merged->error_output.contains("over limit 1073741824"));
}

TEST_CASE("program_settings: git accepts them all, and fetches by no protocol") {
  const GitFixture repository;
  const auto listed = run_git(repository.git_directory(), {"config", "--list"});
  REQUIRE(listed);
  CHECK(listed->exit_code == 0);
  CHECK(listed->output.contains("core.hookspath=/dev/null\n"));
  for (const char* url : {"ext::sh -c id", "file:///nonexistent", "git://127.0.0.1/x"}) {
    CAPTURE(url);
    const auto fetched = run_git(repository.git_directory(), {"ls-remote", url});
    REQUIRE(fetched);
    CHECK(fetched->exit_code != 0);
    CHECK(fetched->error_output.contains("not allowed"));
  }
}

}  // namespace
}  // namespace esclusa::git
