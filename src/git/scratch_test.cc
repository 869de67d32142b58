#include "git/scratch.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/git_fixture.h"

using namespace esclusa;

TEST_CASE("ScratchRepository: git accepts it as a repository, and it is removed with its content") {
  std::filesystem::path path;
  {
    const git::ScratchRepository scratch;
    REQUIRE(scratch.exists());
    path = scratch.path();
    const test::GitFixture fixture;  // for its git()
    CHECK(fixture.git({"--git-dir=" + path.string(), "rev-parse", "--git-dir"}) == path);
    CHECK(fixture.git({"--git-dir=" + path.string(), "hash-object", "-w", "--stdin"}, "x").size() ==
          40);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("ScratchRepository: removes what a killed process has left") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const auto run = [&](bool is_killed) {
    const pid_t child = fork();
    if (child == 0) {
      const git::ScratchRepository scratch;
      const std::string path = scratch.path();
      if (write(ends[1], path.data(), path.size()) < 0) _exit(1);
      if (is_killed) raise(SIGKILL);
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    char path[4096];
    const ssize_t size = read(ends[0], path, sizeof path);
    REQUIRE(size > 0);
    return std::filesystem::path(std::string(path, static_cast<size_t>(size)));
  };
  const auto left = run(true);
  CHECK(std::filesystem::exists(left));
  run(false);
  CHECK_FALSE(std::filesystem::exists(left));
  close(ends[0]);
  close(ends[1]);
}
