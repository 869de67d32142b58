#include "git/ref_update.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <thread>

#include "git/folder.h"
#include "git/repository.h"
#include "support/git_fixture.h"
#include "support/no_descriptors.h"

using namespace esclusa;
using git::RefMove;
using test::GitFixture;
namespace fs = std::filesystem;

namespace {

const std::string log_entry = "Ada <ada@example.com> 1700000000 +0000\tmerged";

/// The branch main, and a branch that is one commit behind it.
struct World {
  World() {
    first = fixture.commit("main", "a", "1");
    second = fixture.commit("main", "a", "2");
    fixture.branch("topic/one", first);
  }
  Result<RefMove> move(const std::string& name, const std::string& from) const {
    return git::move_ref(*git::Folder::open(fixture.git_directory()), name, from, second,
                         log_entry);
  }
  Result<void> keep() const {
    return git::Repository::open(fixture.git_directory()).value().keep(first);
  }
  fs::path file(const std::string& name) const { return fixture.git_directory() / name; }
  std::string sha_of(const std::string& name) const { return fixture.git({"rev-parse", name}); }

  GitFixture fixture;
  std::string first, second;
};

mode_t mode_of(const fs::path& path) {
  struct stat info{};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("move_ref: a loose ref, a packed one, and one where git has left empty folders") {
  const std::string topic = "refs/heads/topic/one";
  for (const bool is_packed : {false, true}) {
    for (const bool has_folders : {false, true}) {
      const World world;
      if (is_packed) world.fixture.git({"pack-refs", "--all", "--prune"});
      if (is_packed && has_folders) fs::create_directories(world.file(topic) / "empty/more");
      CHECK(world.move(topic, world.second).value() == RefMove::changed);
      CHECK(world.sha_of(topic) == world.first);
      CHECK(world.move(topic, world.first).value() == RefMove::moved);
      CHECK(world.sha_of(topic) == world.second);
      CHECK_FALSE(fs::exists(world.file(topic + ".lock")));
      CHECK(world.move("refs/heads/gone", world.first).value() == RefMove::changed);
      CHECK_FALSE(fs::exists(world.file("refs/heads/gone.lock")));
    }
  }
}

TEST_CASE("move_ref: does not move a ref that changes before its lock is taken") {
  const World world;
  const std::string topic = "refs/heads/topic/one";
  std::ofstream(world.file(topic + ".lock")) << "";
  std::optional<RefMove> move;
  std::jthread mover([&] { move = world.move(topic, world.first).value(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // it waits for the lock
  std::ofstream(world.file(topic)) << world.second << "\n";
  fs::remove(world.file(topic + ".lock"));
  mover.join();
  CHECK(move != RefMove::moved);
  CHECK(world.sha_of(topic) == world.second);
  CHECK_FALSE(fs::exists(world.file(topic + ".lock")));
}

TEST_CASE("move_ref: does not move a ref that is locked or symbolic") {
  const World world;
  world.fixture.git({"symbolic-ref", "refs/heads/alias", "refs/heads/topic/one"});
  CHECK(world.move("refs/heads/alias", world.first).value() == RefMove::changed);
  std::ofstream(world.file("refs/heads/topic/one.lock")) << "";
  CHECK(world.move("refs/heads/topic/one", world.first).value() == RefMove::locked);
  CHECK(world.sha_of("refs/heads/topic/one") == world.first);
  CHECK(fs::exists(world.file("refs/heads/topic/one.lock")));
}

TEST_CASE("move_ref: appends to an existing reflog, and creates none") {
  const World world;
  world.fixture.git({"config", "core.logAllRefUpdates", "always"});
  CHECK(world.move("refs/heads/topic/one", world.first).value() == RefMove::moved);
  CHECK_FALSE(fs::exists(world.file("logs")));
  world.fixture.git({"update-ref", "--create-reflog", "refs/heads/logged", world.first});
  CHECK(world.move("refs/heads/logged", world.first).value() == RefMove::moved);
  CHECK(world.fixture.git({"reflog", "show", "--format=%H %gs", "refs/heads/logged"})
            .starts_with(world.second + " merged"));
}

TEST_CASE("move_ref: follows no symbolic link of the ref, its folder or its reflog") {
  const World world, victim;
  const fs::path secret = victim.fixture.folder().write("secret", "secret");
  const std::string topic = "refs/heads/topic/one";
  fs::create_directories(world.file("logs/refs/heads/topic"));
  fs::create_symlink(secret, world.file("logs/" + topic));
  CHECK(world.move(topic, world.first).value() == RefMove::moved);
  CHECK(test::read_file(secret) == "secret");

  fs::create_directory_symlink(victim.file("refs/heads"), world.file("refs/heads/out"));
  CHECK(world.move("refs/heads/out/main", victim.second).error().reason_code ==
        "repository_unsafe");
  fs::create_symlink(victim.file("refs/heads/main"), world.file("refs/heads/link"));
  CHECK(world.move("refs/heads/link", victim.second).error().reason_code == "repository_unsafe");
  fs::create_symlink(secret, world.file(topic + ".lock"));
  CHECK(world.move(topic, world.second).value() == RefMove::locked);
  CHECK(test::read_file(secret) == "secret");
  CHECK(victim.sha_of("main") == victim.second);
}

TEST_CASE("keep: repairs a keep-ref's file or lock that a crash has left") {
  const std::string other(40, 'b');
  for (const char* content : {"", "garbage", "FIRST", "LONGER", "OTHER"}) {
    for (const bool is_lock : {true, false}) {
      const World world;
      CAPTURE(content);
      std::string text = content;
      if (text == "FIRST") text = world.first + "\n";
      if (text == "LONGER") text = world.first + "0\n";
      if (text == "OTHER") text = world.second + "\n";
      const std::string ref = "refs/deployments/" + world.first;
      fs::create_directories(world.file("refs/deployments"));
      std::ofstream(world.file(is_lock ? ref + ".lock" : ref)) << text;
      REQUIRE(world.keep());
      CHECK(world.sha_of(ref) == world.first);
      CHECK_FALSE(fs::exists(world.file(ref + ".lock")));
    }
  }
}

TEST_CASE("keep: a folder, a link or a packed ref of another commit has the name") {
  const World world, victim;
  const std::string ref = "refs/deployments/" + world.first;
  fs::create_directories(world.file(ref) / "empty");
  REQUIRE(world.keep());
  CHECK(world.sha_of(ref) == world.first);

  fs::remove(world.file(ref));
  fs::create_symlink(victim.file("refs/heads/main"), world.file(ref));
  REQUIRE(world.keep());
  CHECK(world.sha_of(ref) == world.first);
  CHECK(victim.sha_of("refs/heads/main") == victim.second);

  fs::remove(world.file(ref));
  world.fixture.git({"update-ref", ref, world.second});
  world.fixture.git({"pack-refs", "--all", "--prune"});
  REQUIRE(world.keep());
  CHECK(world.sha_of(ref) == world.first);
}

TEST_CASE("keep: an unreadable keep-ref stays") {
  const World world;
  REQUIRE(world.keep());
  const std::string ref = "refs/deployments/" + world.first;
  const auto file = fs::last_write_time(world.file(ref));
  const git::Folder folder = *git::Folder::open(world.fixture.git_directory());
  for (int left = 0; left < 5; ++left) {
    CAPTURE(left);
    {
      const test::NoDescriptors none(left);
      const auto kept = git::make_keep_ref(folder, world.first);
      CHECK((kept || kept.error().code == ErrorCode::unavailable));
    }
    CHECK(world.sha_of(ref) == world.first);
    CHECK(fs::last_write_time(world.file(ref)) == file);
    CHECK_FALSE(fs::exists(world.file(ref + ".lock")));
  }
}

TEST_CASE("keep: gives up when something stays in the way") {
  const World world;
  fs::create_directories(world.file("refs/deployments/" + world.first));
  std::ofstream(world.file("refs/deployments/" + world.first + "/file")) << "x";
  const auto kept = world.keep();
  REQUIRE_FALSE(kept);
  CHECK(kept.error().reason_code == "repository_unwritable");
}

TEST_CASE("keep: creates nothing if the folder of keep-refs is a symbolic link") {
  const World world, victim;
  fs::create_directory(victim.file("elsewhere"));
  fs::create_directory_symlink(victim.file("elsewhere"), world.file("refs/deployments"));
  const auto kept = world.keep();
  REQUIRE_FALSE(kept);
  CHECK(kept.error().reason_code == "repository_unsafe");
  CHECK(fs::is_empty(victim.file("elsewhere")));
}

TEST_CASE("keep: new files and folders get git's modes, plus what their folder grants") {
  struct Case {
    std::string shared;
    mode_t parent, folder, file;
  };
  // The umask at the start of the tests is 022.
  for (const Case& its : {Case{"", 0755, 0755, 0644}, Case{"", 0700, 0755, 0644},
                          Case{"", 02775, 02775, 0664}, Case{"group", 0755, 02775, 0664},
                          Case{"all", 0700, 02775, 0664}, Case{"0660", 0700, 02770, 0660}}) {
    const World world;
    CAPTURE(its.shared);
    CAPTURE(its.parent);
    if (!its.shared.empty()) world.fixture.git({"config", "core.sharedRepository", its.shared});
    fs::permissions(world.file("refs"), static_cast<fs::perms>(its.parent));
    const mode_t before = umask(077);  // the server sets this umask
    const auto kept = world.keep();
    umask(before);
    REQUIRE(kept);
    CHECK(mode_of(world.file("refs/deployments")) == its.folder);
    CHECK(mode_of(world.file("refs/deployments/" + world.first)) == its.file);
  }
}

TEST_CASE("keep: files that root makes belong to the owner of the folder") {
  const World world;
  constexpr uid_t nobody = 65534;
  if (chown(world.file("refs").c_str(), nobody, nobody) != 0) return;  // only root may
  REQUIRE(world.keep());
  struct stat info{};
  REQUIRE(stat(world.file("refs/deployments/" + world.first).c_str(), &info) == 0);
  CHECK(info.st_uid == nobody);
  CHECK(info.st_gid == nobody);
}

namespace {

/// Keep-refs of three commits, some of them packed beside an annotated tag.
struct KeptWorld : World {
  KeptWorld() {
    third = fixture.commit("main", "a", "3");
    fixture.annotated_tag("v1", first);
    for (const std::string& sha : {first, second}) keep_commit(sha);
    fixture.git({"pack-refs", "--all", "--prune"});
    keep_commit(second);
    keep_commit(third);
  }
  void keep_commit(const std::string& sha) const {
    REQUIRE(git::Repository::open(fixture.git_directory()).value().keep(sha));
  }
  Result<void> remove(const std::vector<std::string>& shas) const {
    return git::remove_keep_refs(*git::Folder::open(fixture.git_directory()), shas);
  }
  std::string kept() const {
    return fixture.git({"for-each-ref", "--format=%(objectname)", "refs/deployments"});
  }

  std::string third;
};

}  // namespace

TEST_CASE("remove_keep_refs: loose ones and packed ones, and no other ref") {
  const KeptWorld world;
  const std::string others = world.fixture.git({"for-each-ref", "refs/heads", "refs/tags"});
  REQUIRE(world.remove({world.first, world.third}));
  CHECK(world.kept() == world.second);
  CHECK(world.fixture.git({"for-each-ref", "refs/heads", "refs/tags"}) == others);
  CHECK(world.fixture.git({"rev-parse", "v1^{}"}) == world.first);
  REQUIRE(world.remove({world.first, world.second, world.third}));
  CHECK(world.kept().empty());
  REQUIRE(world.remove({world.first}));
  world.keep_commit(world.first);
  CHECK(world.kept() == world.first);
  CHECK_FALSE(fs::exists(world.file("packed-refs.lock")));
}

TEST_CASE("remove_keep_refs: a repository that never had any") {
  GitFixture fixture;
  const std::vector<std::string> shas = {fixture.commit("main", "a", "1")};
  CHECK(git::remove_keep_refs(*git::Folder::open(fixture.git_directory()), shas));
}

TEST_CASE("remove_keep_refs: while another process holds a lock, it fails and removes no lock") {
  const KeptWorld world;
  const std::string of_ref = "refs/deployments/" + world.third + ".lock";
  for (const std::string& lock : {of_ref, std::string("packed-refs.lock")}) {
    CAPTURE(lock);
    std::ofstream(world.file(lock)) << "";
    CHECK_FALSE(world.remove({world.third, world.first}));
    CHECK(fs::exists(world.file(lock)));
    CHECK(world.kept().contains(world.first));
    fs::remove(world.file(lock));
  }
}
