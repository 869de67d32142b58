#pragma once
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "backup/making.h"
#include "backup/restore.h"
#include "store/identity.h"
#include "support/app_fixture.h"

namespace esclusa::test {

inline const std::string data_identity = "5f0c7a4e-8d8b-4d0a-9a55-1f6f3f0f7c11";

/// A server's data as a backup sees it. Only SQLite has files.
class BackupFixture : public AppFixture {
 public:
  BackupFixture() {
    must(write([&](sql::Writer& tx) {
      store::insert_identity(tx, {data_identity, store::key_digest(key(), data_identity)}, now);
    }));
    std::filesystem::create_directory(folder / "scratch");
  }

  static LockedSecret key() { return {Secret(std::string(SealingKey::bytes, '\x17'))}; }
  static std::vector<SealingKey> keys() { return {{1, key()}}; }

  backup::Source source() {
    return {.context = context,
            .database = database_file(),
            .scratch = folder / "scratch",
            .made_by = "esclusa test"};
  }

  /// A whole backup.
  std::string make() {
    backup::Making making(source());
    std::string bytes;
    while (const auto part = must(making.next())) bytes += *part;
    const auto made = making.made();
    bytes += making.end();
    CHECK(made.size == static_cast<int64_t>(bytes.size()));
    CHECK(made.sha256 == hex(sha256(bytes)));
    return bytes;
  }
  std::filesystem::path make_file() { return folder.write("backup.tar", make()); }

  /// A hook that hears of deployments.
  void add_hook(const app::RepositoryAccess& access) {
    must(app::create_hook(
        context, access,
        {.config = core::HookConfig{.url = "http://127.0.0.1:1/", .secret = std::nullopt},
         .events = std::vector<std::string>{"deployment"},
         .add_events = {},
         .remove_events = {},
         .active = true}));
  }

  /// What is left in the scratch folder.
  bool has_leftovers() const { return !std::filesystem::is_empty(folder / "scratch"); }

  std::filesystem::path database_file() {
    return must(read([](sql::Reader& db) {
      std::string path;
      db.each("pragma database_list", {}, [&](const sql::Row& row) { path = row.text(2); });
      return path;
    }));
  }
};

inline core::NewDeployment to_deploy(const std::string& ref) {
  core::NewDeployment input;
  input.ref = ref;
  input.environment = "staging";
  return input;
}

/// Pushes main to a repository that Esclusa made.
inline void push(const GitFixture& git, const app::RepositoryAccess& made) {
  git.git({"push", "-q", made.repository.path, "main"});
}

inline void nothing(int64_t, int64_t) {}

inline backup::RestoreInput restore_input(const std::filesystem::path& file,
                                          const std::filesystem::path& folder) {
  return {.backup = file,
          .folder = folder,
          .keys = BackupFixture::keys(),
          .user = geteuid(),
          .group = getegid()};
}

inline Result<backup::Restored> restore(const std::filesystem::path& file,
                                        const std::filesystem::path& folder) {
  return backup::restore(restore_input(file, folder), nothing);
}

inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace esclusa::test
