#include "git/new_objects.h"

#include <doctest/doctest.h>

#include <chrono>

#include "git/library.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;
namespace fs = std::filesystem;

namespace {

const std::string hello_sha = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";  // the blob `hello`

struct World {
  Result<void> write() const {
    return git::write_object(folder, git::id_of(hello_sha), GIT_OBJECT_BLOB, "hello");
  }
  fs::path file() const {
    return fixture.git_directory() / "objects" / hello_sha.substr(0, 2) / hello_sha.substr(2);
  }
  GitFixture fixture;
  git::Folder folder = *git::Folder::open(fixture.git_directory());
};

}  // namespace

TEST_CASE("write_object: an existing object gets the present time, and is not written again") {
  const World world;
  REQUIRE(world.write());
  CHECK(world.fixture.git({"cat-file", "-p", hello_sha}) == "hello");
  const auto made = fs::last_write_time(world.file());
  fs::last_write_time(world.file(), made - std::chrono::hours(500));
  fs::create_hard_link(world.file(), world.fixture.folder() / "same");
  REQUIRE(world.write());
  CHECK(fs::last_write_time(world.file()) >= made);
  CHECK(fs::equivalent(world.file(), world.fixture.folder() / "same"));
}

TEST_CASE("write_object: an empty file, which a crash can leave, is replaced") {
  const World world;
  world.fixture.folder().write(
      "repository/objects/" + hello_sha.substr(0, 2) + "/" + hello_sha.substr(2), "");
  REQUIRE(world.write());
  CHECK(world.fixture.git({"cat-file", "-p", hello_sha}) == "hello");
}

TEST_CASE("install_objects: copies what git made, and stops at the first unreadable file") {
  const World world;
  const GitFixture merged;
  const std::string first = merged.git({"hash-object", "-w", "--stdin"}, "1");
  const std::string second = merged.git({"hash-object", "-w", "--stdin"}, "2");
  const fs::path objects = merged.git_directory() / "objects";
  REQUIRE(git::install_objects(world.folder, objects));
  CHECK(world.fixture.git({"cat-file", "-p", first}) == "1");
  CHECK(world.fixture.git({"cat-file", "-p", second}) == "2");

  CHECK_FALSE(git::install_objects(world.folder, objects / "none"));
  for (const std::string& sha : {first, second}) {
    const fs::path file = objects / sha.substr(0, 2) / sha.substr(2);
    const fs::path away = merged.folder() / "away";
    fs::rename(file, away);
    fs::create_symlink(away, file);
    CHECK_FALSE(git::install_objects(world.folder, objects));
    fs::rename(away, file);
  }
}

TEST_CASE("install_objects: passes over a file in place of a folder") {
  const World world;
  const GitFixture merged;
  const std::string sha = merged.git({"hash-object", "-w", "--stdin"}, "1");
  merged.folder().write("repository/objects/zz", "no folder");
  REQUIRE(git::install_objects(world.folder, merged.git_directory() / "objects"));
  CHECK(world.fixture.git({"cat-file", "-p", sha}) == "1");
  CHECK_FALSE(fs::exists(world.fixture.git_directory() / "objects/zz"));
}
