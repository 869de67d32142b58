#include "backup/restore.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "backup/bundles.h"
#include "base/keyring.h"
#include "sql/inspect.h"
#include "support/backup_fixture.h"

using namespace esclusa;
using test::BackupFixture;
using test::must;
using test::names_in;
using test::nothing;
using test::push;
using test::restore;
using test::restore_input;
using test::to_deploy;
namespace fs = std::filesystem;

namespace {

template <class Work>
auto inspect(const fs::path& database, Work work) {
  std::optional<std::invoke_result_t<Work, sql::Reader&>> found;
  must(sql::inspect_sqlite(database.string(), [&](sql::Reader& db) -> Result<void> {
    found.emplace(work(db));
    return {};
  }));
  return *std::move(found);
}

unsigned mode_of(const fs::path& path) {
  struct stat about{};
  REQUIRE(lstat(path.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

int64_t number(sql::Reader& db, const char* sql) { return db.number(sql); }

/// The backup with a changed byte in the pack of a bundle, and the right digests of that.
std::string with_rotten_bundle(std::string backup, const RepositoryId id) {
  const test::TempFolder folder;
  const auto file = must(backup::File::open(folder.write("whole.tar", backup), nothing));
  const std::string name = backup::bundle_name(id);
  const auto member =
      std::ranges::find(file.manifest().members, name, [](const auto& each) { return each.name; });
  REQUIRE(member != file.manifest().members.end());
  const size_t at = backup.find("# v2 git bundle", backup.find(name));
  const auto size = static_cast<size_t>(member->size);
  REQUIRE(at != backup.npos);
  backup[at + size - 30] ^= 1;  // the last 20 are the pack's digest
  const std::string digest = hex(sha256(std::string_view(backup).substr(at, size)));
  backup.replace(backup.rfind(member->sha256), digest.size(), digest);
  backup.resize(backup.size() - backup::end_bytes);
  return backup + backup::end_text(hex(sha256(backup)));
}

}  // namespace

TEST_CASE("restore: makes the folder in which a server starts") {
  BackupFixture app;
  test::GitFixture git;
  const std::string sha = git.commit("main", "a", "1");
  const auto registered = app.add(git);
  const auto made = app.add_bare("made");
  push(git, made);
  app.add_bare("empty");
  app.add_hook(registered);
  const auto deployment = app.deploy(registered, to_deploy("main"));
  const auto waiting = app.deliveries(core::DeliveryState::pending).size();
  REQUIRE(waiting > 0);
  const fs::path backup = app.make_file();
  git.git({"update-ref", "-d", "refs/heads/main"});

  const fs::path folder = app.folder / "restored";
  const auto restored = must(restore(backup, folder));
  CHECK(names_in(folder) == std::vector<std::string>{"esclusa.db", "repositories", "secret.key"});
  CHECK(mode_of(folder) == 0700);
  CHECK(mode_of(folder / "secret.key") == 0600);
  CHECK(mode_of(folder / "esclusa.db") == 0600);
  CHECK(restored.set_aside == static_cast<int64_t>(waiting));
  REQUIRE(restored.differences.size() == 1);
  CHECK(restored.differences[0].what == "has no refs/heads/main any more; it was " + sha);

  const fs::path database = folder / "esclusa.db";
  const auto rows = inspect(database, store::list_repositories);
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) {
    if (row.name == "application") {
      CHECK(row.path == registered.repository.path);
      continue;
    }
    const fs::path path = row.path;
    CHECK(path.parent_path() == fs::canonical(folder) / "repositories");
    const auto refs = must(backup::list_refs(row));
    CHECK(refs.head == "refs/heads/main");
    CHECK(refs.refs.size() == (row.name == "made" ? 1 : 0));
  }
  CHECK(inspect(database, [](sql::Reader& db) {
          return number(db, "select count(*) from delivery where state in ('pending', 'held')");
        }) == 0);
  const int64_t newest = inspect(database, [](sql::Reader& db) {
    return number(db, "select seq from sqlite_sequence where name = 'deployment'");
  });
  CHECK(newest >= deployment.id.value + 10'000'000);
  // A table that had no row yet gets one in the list of counters, too.
  CHECK(inspect(database, [](sql::Reader& db) {
          return number(db,
                        "select count(*) from sqlite_master where type = 'table' and sql like "
                        "'%autoincrement%' and name not in (select name from sqlite_sequence where "
                        "seq >= 10000000)");
        }) == 0);
  const auto audits =
      inspect(database, [](sql::Reader& db) { return test::list_audits(db, "backup."); });
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].action == "backup.restore");
  CHECK(audits[0].detail.contains(restored.backup.sha256));
}

TEST_CASE("restore: sends what waited, and keeps the key outside, if that is asked for") {
  BackupFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  const auto registered = app.add(git);
  app.add_hook(registered);
  app.deploy(registered, to_deploy("main"));
  auto input = restore_input(app.make_file(), app.folder / "restored");
  input.sends_deliveries = input.keeps_key_outside = true;
  CHECK(must(backup::restore(input, nothing)).set_aside == 0);
  CHECK(names_in(input.folder) == std::vector<std::string>{"esclusa.db", "repositories"});
  CHECK(inspect(input.folder / "esclusa.db", [](sql::Reader& db) {
          return number(db, "select count(*) from delivery where state = 'pending'");
        }) > 0);
}

TEST_CASE("restore: refuses another key and a folder that is in use, and leaves nothing") {
  BackupFixture app;
  const fs::path file = app.make_file();
  const test::TempFolder folder;
  auto input = restore_input(file, folder / "restored");
  input.keys = {{1, Secret(std::string(SealingKey::bytes, 'o'))}};
  CHECK(backup::restore(input, nothing).error().reason_code == "wrong_key");
  CHECK(backup::verify(file, input.keys, nothing).error().reason_code == "wrong_key");
  CHECK(fs::is_empty(folder.path()));

  folder.write("used/letter", "dear reader");
  CHECK(restore(file, folder / "used").error().reason_code == "folder_in_use");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"used"});
  CHECK(names_in(folder / "used") == std::vector<std::string>{"letter"});

  // One that exists, and what a killed restore has left.
  fs::create_directory(folder / "empty");
  folder.write(".empty.restore/data/esclusa.db", "half");
  folder.write(".empty.restore/made-by-esclusa-restore", "");
  must(restore(file, folder / "empty/"));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"empty", "used"});

  // What no restore has made stays.
  folder.write(".other.restore/letter", "dear reader");
  CHECK(restore(file, folder / "other").error().reason_code == "folder_in_use");
  CHECK(names_in(folder / ".other.restore") == std::vector<std::string>{"letter"});
  CHECK_FALSE(fs::exists(folder / "other"));
}

TEST_CASE("restore: gives the folder only the keys that the data uses") {
  BackupFixture app;
  auto input = restore_input(app.make_file(), app.folder / "restored");
  input.keys.push_back({2, Secret(std::string(SealingKey::bytes, 'o'))});
  must(backup::restore(input, nothing));
  std::ifstream file(input.folder / "secret.key", std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  const auto keys = parse_keyring(content);
  REQUIRE(keys.has_value());
  REQUIRE(keys->size() == 1);
  CHECK(keys->front().key.reveal() == BackupFixture::key().reveal());
}

TEST_CASE("id_distance: grows with the age of the backup") {
  using namespace std::chrono_literals;
  const Timestamp made = from_micros(1'000'000'000'000);
  CHECK(backup::id_distance(made, made) == 10'000'000);
  CHECK(backup::id_distance(made, made + 1h) == 13'600'000);
  CHECK(backup::id_distance(made, made - 1h) == 10'000'000);
}

TEST_CASE("restore: a damaged bundle is named, and the rest is restored") {
  BackupFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  const auto good = app.add_bare("good");
  push(git, good);
  git.commit("main", "a", "2");  // so that the bundles differ
  const auto bad = app.add_bare("bad");
  push(git, bad);
  const fs::path file =
      app.folder.write("backup.tar", with_rotten_bundle(app.make(), bad.repository.id));
  const auto verified = must(backup::verify(file, BackupFixture::keys(), nothing));
  const auto restored = must(restore(file, app.folder / "restored"));
  for (const auto& found : {verified, restored.backup}) {
    for (const auto& repository : found.manifest.repositories) {
      CAPTURE(repository.full_name);
      CHECK(repository.problem.contains("git cannot read its bundle") ==
            (repository.id == bad.repository.id));
    }
  }
  for (const auto& row : inspect(app.folder / "restored/esclusa.db", store::list_repositories)) {
    CHECK(must(backup::list_refs(row)).refs.size() == (row.name == "good" ? 1 : 0));
  }
}
