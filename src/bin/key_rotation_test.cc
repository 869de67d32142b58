#include "app/key_rotation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "app/token_use.h"
#include "base/boot_clock.h"
#include "bin/data_identity.h"
#include "bin/folder_keys.h"
#include "store/schema.h"
#include "support/store_rows.h"
#include "support/temp_folder.h"

using namespace esclusa;
using test::at;
using test::found;

namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::stringstream content;
  content << std::ifstream(file).rdbuf();
  return content.str();
}

void write_file(const fs::path& file, const std::string& content) {
  std::ofstream(file) << content;
}

/// All files of the folder, with what they hold.
std::string everything_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path()] = content_of(entry.path());
  }
  std::string text;
  for (const auto& [name, content] : files) text += name + "\n" + content + "\n";
  return text;
}

/// What a server has of its storage, opened as Node::open does.
struct Storage {
  static Result<std::unique_ptr<Storage>> open(const fs::path& path, const fs::path& key_file) {
    init_crypto();
    auto folder = TRY(DataFolder::open(path, key_file));
    TRY(check_database(folder));
    TRY(folder.make());
    auto storage = std::make_unique<Storage>(std::move(folder));
    storage->database = TRY(sql::open_sqlite(
        storage->folder.database().string(), [](const std::string&) {},
        [made = storage.get()] { made->folder.note_last_change(); }));
    TRY(sql::migrate(*storage->database, store::migrations()));
    TRY(mark_database(*storage->database, storage->folder));
    return storage;
  }

  explicit Storage(DataFolder opened) : folder(std::move(opened)) {}

  app::Context context() {
    return {.database = *database,
            .sealer = sealer,
            .now = system_now,
            .boot_now = boot_now,
            .event_urls = {},
            .repositories_directory = folder.repositories(),
            .committed = [](app::Topics) {},
            .token_use = token_use,
            .keys = &keys};
  }
  Result<app::KeyRotationReport> rotate(const std::optional<SealingKey>& given = {}) {
    return app::rotate_key(context(), core::Actor::local_administrator(), given);
  }
  /// A hook with a secret.
  void fill() {
    database
        ->write([&](sql::Writer& tx) {
          const test::Sample sample(tx);
          core::Hook hook;
          hook.target = sample.repository.id;
          hook.url = "http://127.0.0.1:1/";
          hook.secret = Secret("hook's");
          hook.events = {"*"};
          store::insert_hook(tx, sealer, hook, sample.ada.id);
        })
        .value();
  }
  /// The secret, and the key that has sealed it.
  std::string secret() {
    return database
        ->read([&](sql::Reader& db) {
          const auto repository = found(store::find_repository(db, "ada", "application"));
          const auto hook = store::list_hooks(db, sealer, repository.id).at(0);
          std::string text;
          db.each("select secret_sealed from hook", {}, [&](const sql::Row& row) {
            text = std::string(row.text(0).substr(0, row.text(0).find(':')));
          });
          return text + " " + hook.secret.reveal();
        })
        .value();
  }

  DataFolder folder;
  std::unique_ptr<sql::Database> database;
  Sealer sealer{folder.keys()};
  FolderKeys keys{folder, sealer};
  app::TokenUse token_use;
};

std::unique_ptr<Storage> opened(const fs::path& path, const fs::path& key_file = {}) {
  auto storage = Storage::open(path, key_file);
  if (!storage) throw std::runtime_error(storage.error().message);
  return *std::move(storage);
}

std::string refusal(const fs::path& path, const fs::path& key_file = {}) {
  const auto storage = Storage::open(path, key_file);
  return storage ? "" : storage.error().message;
}

std::string line(int number, char c) {
  return "k" + std::to_string(number) + " " + base64(std::string(SealingKey::bytes, c)) + "\n";
}

}  // namespace

TEST_CASE(
    "rotate_key in a data folder: the state after each step is one from which a start goes on") {
  test::TempFolder folder;
  const fs::path data = folder / "data";
  std::string former;
  {
    const auto storage = opened(data);
    storage->fill();
    former = content_of(data / "secret.key");
    CHECK(former.size() == SealingKey::bytes);
    storage->keys.on_step = [&](int step) {
      fs::copy(data, folder / ("step-" + std::to_string(step)), fs::copy_options::recursive);
    };
    const auto report = storage->rotate();
    REQUIRE(report);
    CHECK(report->place == (data / "secret.key").string());
    CHECK(storage->secret() == "k2 hook's");
  }
  for (int step = 1; step <= 5; ++step) {
    CAPTURE(step);
    const fs::path copy = folder / ("step-" + std::to_string(step));
    {
      const auto storage = opened(copy);
      app::resume_rotation(storage->context()).value();
      CHECK(storage->secret() == "k2 hook's");
    }
    const std::string keys = content_of(copy / "secret.key");
    CHECK(keys.starts_with("k2 "));
    CHECK(std::ranges::count(keys, '\n') == 1);
    CHECK(opened(copy)->secret() == "k2 hook's");
    // The former key is of an older backup.
    write_file(copy / "secret.key", former);
    CHECK(refusal(copy).contains("of two folders"));
  }
}

TEST_CASE("rotate_key in a data folder: a file of keys of which one is missing is refused") {
  test::TempFolder folder;
  const fs::path data = folder / "data", copy = folder / "copy";
  const auto storage = opened(data);
  storage->fill();
  storage->keys.on_step = [&](int step) {
    if (step == 2) fs::copy(data, copy, fs::copy_options::recursive);
  };
  const std::string former = content_of(data / "secret.key");
  REQUIRE(storage->rotate());
  write_file(copy / "secret.key", former);
  const std::string before = everything_in(copy);
  CHECK(refusal(copy).contains("a rotation to the key k2 has begun and not ended"));
  CHECK(everything_in(copy) == before);
}

TEST_CASE(
    "secret_key_file: the folder has no key, and a start without the right one changes nothing") {
  test::TempFolder folder;
  const fs::path data = folder / "data", key = folder / "key", other = folder / "other";
  CHECK(refusal(data, key).contains("secret_key_file"));
  CHECK_FALSE(fs::exists(data));
  write_file(key, "short");
  CHECK(refusal(data, key).contains("which has no key"));
  CHECK_FALSE(fs::exists(data));
  write_file(key, line(1, '1'));
  {
    const auto storage = opened(data, key);
    storage->fill();
    CHECK(storage->secret() == "k1 hook's");
  }
  CHECK_FALSE(fs::exists(data / "secret.key"));
  write_file(other, std::string(SealingKey::bytes, 'x'));
  const std::string before = everything_in(data);
  CHECK(refusal(data).contains("no secret.key"));
  CHECK(refusal(data, other).contains("has not the key"));
  CHECK(everything_in(data) == before);
  // The same key as raw bytes is k1, too.
  write_file(key, std::string(SealingKey::bytes, '1'));
  CHECK(opened(data, key)->secret() == "k1 hook's");
  fs::copy(key, data / "secret.key");
  const std::string two_files = refusal(data, key);
  CHECK(two_files.contains("has a key as well"));
  CHECK(two_files.contains(key.string() + " opens the database, and so does secret.key"));
  CHECK(two_files.contains("mv " + (data / "secret.key").string() + " " +
                           (data / ".." / "secret.key.old").string()));
  CHECK(refusal(data, other).contains((data / "secret.key").string() + " opens the database"));
  write_file(data / "secret.key", std::string(SealingKey::bytes, 'x'));
  CHECK(refusal(data, key).contains(key.string() + " opens the database: move"));
  CHECK(refusal(data, other).contains("cannot be told"));
  CHECK(refusal(data, data / "secret.key").contains("remove the setting"));
  fs::remove(data / "secret.key");
  write_file(other, "");
  CHECK(refusal(data, other).contains("Restore this file from its backup"));
  fs::copy(key, data / "secret.key");
  fs::remove(key);
  CHECK(opened(data)->secret() == "k1 hook's");
}

TEST_CASE("the start refuses keys whose numbers do not fit what they have sealed") {
  test::TempFolder folder;
  const fs::path data = folder / "data", key = folder / "key";
  write_file(key, line(1, '1'));
  opened(data, key)->fill();
  const std::string sealed_by_first = everything_in(data);
  write_file(key, line(2, '1'));
  CHECK(refusal(data, key).contains("sealed by the key k1, and " + key.string() + " has only k2"));
  write_file(key, line(1, 'x') + line(2, '1'));
  CHECK(refusal(data, key).contains("the key k1 in " + key.string() + " opens none"));
  CHECK(everything_in(data) == sealed_by_first);
  write_file(key, line(1, '1'));
  {
    const auto storage = opened(data, key);
    CHECK(storage->secret() == "k1 hook's");
    REQUIRE(storage->rotate(SealingKey{2, Secret(std::string(SealingKey::bytes, '2'))}));
  }
  // The new key as 32 bytes alone is k1.
  const std::string sealed_by_second = everything_in(data);
  write_file(key, std::string(SealingKey::bytes, '2'));
  CHECK(refusal(data, key).contains("sealed by the key k2, and " + key.string() + " has only k1"));
  CHECK(everything_in(data) == sealed_by_second);
  write_file(key, line(2, '2'));
  CHECK(opened(data, key)->secret() == "k2 hook's");
}

TEST_CASE("the start removes what a killed write of the key has left, unless it refuses the key") {
  test::TempFolder folder;
  const fs::path data = folder / "data";
  opened(data)->fill();
  write_file(data / "secret.key.new", "k2 AA");
  const std::string right = content_of(data / "secret.key");
  write_file(data / "secret.key", std::string(SealingKey::bytes, 'x'));
  CHECK(refusal(data) != "");
  CHECK(fs::exists(data / "secret.key.new"));
  write_file(data / "secret.key", right);
  CHECK(opened(data)->secret() == "k1 hook's");
  CHECK_FALSE(fs::exists(data / "secret.key.new"));
}

TEST_CASE("secret_key_file: that others may read the file is known") {
  test::TempFolder folder;
  const fs::path data = folder / "data", key = folder / "key";
  write_file(key, line(1, '1'));
  for (const auto& [mode, is_open] : std::map<int, bool>{
           {0600, false}, {0400, false}, {0640, true}, {0604, true}, {0644, true}}) {
    CAPTURE(mode);
    fs::permissions(key, static_cast<fs::perms>(mode));
    const auto opened = DataFolder::open(data, key);
    REQUIRE(opened);
    CHECK(opened->is_key_open_to_others() == is_open);
  }
}

TEST_CASE(
    "rotate_key with secret_key_file: writes no key, and a start needs what the rotation needs") {
  test::TempFolder folder;
  const fs::path data = folder / "data", key = folder / "key", both = folder / "both",
                 next = folder / "next";
  write_file(key, line(1, '1'));
  write_file(next, line(2, '2'));
  write_file(both, line(1, '1') + line(2, '2'));
  {
    const auto storage = opened(data, key);
    storage->fill();
    storage->keys.on_step = [&](int step) {
      fs::copy(data, folder / ("step-" + std::to_string(step)), fs::copy_options::recursive);
    };
    REQUIRE(storage->rotate(SealingKey{2, Secret(std::string(SealingKey::bytes, '2'))}));
    CHECK(storage->secret() == "k2 hook's");
  }
  CHECK(content_of(key) == line(1, '1'));
  for (int step = 1; step <= 5; ++step) {
    CAPTURE(step);
    const fs::path copy = folder / ("step-" + std::to_string(step));
    CHECK_FALSE(fs::exists(copy / "secret.key"));
    const bool has_ended = step >= 4;
    if (step >= 2) CHECK(refusal(copy, key) != "");
    if (!has_ended) CHECK(refusal(copy, next) != "");
    {
      const auto storage = opened(copy, both);
      app::resume_rotation(storage->context()).value();
      CHECK(storage->secret() == "k2 hook's");
    }
    CHECK(opened(copy, next)->secret() == "k2 hook's");
    CHECK(refusal(copy, key).contains("has not the key"));
  }
}
