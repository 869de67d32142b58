#include "backup/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include "backup/bundles.h"
#include "backup/folders.h"
#include "base/json_writer.h"
#include "base/keyring.h"
#include "base/text.h"
#include "core/actor.h"
#include "sql/inspect.h"
#include "sql/migrate.h"
#include "sql/sqlite_copy.h"
#include "store/audit.h"
#include "store/identity.h"
#include "store/repositories.h"
#include "store/schema.h"

namespace esclusa::backup {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(const std::string& what, const fs::path& path) {
  return fail(ErrorCode::unavailable,
              "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

Result<void> check_keys(const Manifest& manifest, const std::vector<SealingKey>& keys) {
  const auto has = [&](const std::string& digest) {
    return std::ranges::any_of(keys, [&](const SealingKey& key) {
      return store::key_digest(key.key, manifest.identity) == digest;
    });
  };
  if (!has(manifest.key_digest)) {
    return fail(ErrorCode::invalid,
                "the key is another one than the backup was made with: after a rotation, an older "
                "backup needs the key of then",
                "wrong_key");
  }
  if (!manifest.new_key_digest.empty() && !has(manifest.new_key_digest)) {
    return fail(ErrorCode::invalid,
                "the backup was made during a rotation of the key, and needs both keys in the "
                "file, a line each, the former first",
                "wrong_key");
  }
  return {};
}

/// The database alone: whether it is whole, and known to this program.
Result<store::Contents> check_database(const fs::path& database, const Manifest& manifest) {
  store::Contents contents;
  TRY(sql::inspect_sqlite(database.string(), [&](sql::Reader& db) -> Result<void> {
    TRY(sql::check_migrations(db, store::migrations()));
    TRY(sql::check_integrity(db));
    const auto identity = store::find_identity(db);
    if (!identity || identity->identity != manifest.identity ||
        identity->key_digest != manifest.key_digest) {
      return fail(ErrorCode::invalid, "its database is not the one that its manifest names",
                  "backup_damaged");
    }
    contents = store::find_contents(db);
    return {};
  }));
  return contents;
}

/// What all checks of a backup that is unpacked in the folder find, but for those of the bundles.
Result<Verified> check_parts(const File& file, const fs::path& folder) {
  Verified found{.manifest = file.manifest(),
                 .size = file.size(),
                 .sha256 = file.sha256(),
                 .contents = TRY(check_database(folder / database_name, file.manifest())),
                 .registered = {}};
  found.registered = TRY(file.registered());
  return found;
}

std::string parent_of(const fs::path& folder) { return folder.parent_path().string(); }

/// Whether the folder is missing or empty.
Result<void> check_is_free(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::symlink_status(folder, error);
  if (status.type() == fs::file_type::not_found) return {};
  if (status.type() == fs::file_type::directory && fs::is_empty(folder, error) && !error) return {};
  return fail(ErrorCode::invalid,
              folder.string() +
                  " is not an empty folder, and stays as it is: name one that is "
                  "empty or does not exist",
              "folder_in_use");
}

/// Whether nobody but root can put something else in place of a folder that root makes there: else
/// whoever can would have root write where it leads. `folder` has no links in it.
Result<void> check_place(fs::path folder) {
  if (geteuid() != 0) return {};
  for (;; folder = folder.parent_path()) {
    struct stat about{};
    if (lstat(folder.c_str(), &about) != 0) return cannot("look at", folder);
    const bool is_open =
        (about.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (about.st_mode & S_ISVTX) == 0;
    if (about.st_uid != 0 || is_open) {
      return fail(ErrorCode::unavailable,
                  "root restores nothing below " + folder.string() +
                      ", where another user may write: run the command as that user, who must be "
                      "able to read the key and the backup (runuser -u USER -- esclusa restore …)",
                  "place_of_others");
    }
    if (folder == folder.root_path()) return {};
  }
}

/// The paths of the repositories that Esclusa made, by id, where the server will see them. A name
/// in the backup names nothing on the disk: each gets a name by its id.
using Paths = std::map<RepositoryId, fs::path>;

/// Unpacks one, as an empty repository if the backup lacks it.
Result<void> unpack_repository(const MadeRepository& repository, const fs::path& bundle,
                               const fs::path& to, const std::atomic<bool>* cancel) {
  const bool has_bundle = !repository.member.empty();
  return unpack_bundle(has_bundle ? bundle : fs::path(), to, repository.head, cancel);
}

/// Unpacks one. If its bundle is damaged, says so in `repository`: the rest of the backup is worth
/// no less because of it.
Result<void> try_repository(MadeRepository& repository, const fs::path& bundle, const fs::path& to,
                            const std::atomic<bool>* cancel) {
  auto unpacked = unpack_repository(repository, bundle, to, cancel);
  if (unpacked || unpacked.error().reason_code != "backup_damaged") return unpacked;
  repository.problem = unpacked.error().message;
  repository.member.clear();
  std::error_code error;
  fs::remove_all(to, error);
  return unpack_repository(repository, bundle, to, cancel);
}

std::string name_of(const MadeRepository& repository) {
  return "restored-" + std::to_string(repository.id.value) + ".git";
}

Result<Paths> unpack_repositories(Manifest& manifest, const fs::path& from, const fs::path& to,
                                  const fs::path& seen_at) {
  Paths paths;
  if (mkdir(to.c_str(), 0700) != 0) return cannot("make", to);
  for (MadeRepository& repository : manifest.repositories) {
    const fs::path bundle = from / extracted_name(repository.id);
    const std::string name = name_of(repository);
    TRY(try_repository(repository, bundle, to / name, nullptr));
    std::error_code ignored;
    fs::remove(bundle, ignored);  // two of each are enough
    paths[repository.id] = seen_at / name;
  }
  return paths;
}

/// Unpacks each repository once, and removes it.
Result<void> try_bundles(Manifest& manifest, TemporaryFolder& folder) {
  for (MadeRepository& repository : manifest.repositories) {
    if (repository.member.empty()) continue;
    const fs::path bundle = folder.path() / extracted_name(repository.id);
    const WorkFolder unpacked(folder.path() / name_of(repository));
    TRY(folder.during_git([&](const std::atomic<bool>* cancel) {
      return try_repository(repository, bundle, unpacked.path(), cancel);
    }));
    std::error_code ignored;
    fs::remove(bundle, ignored);
  }
  return {};
}

/// Brings the database into the state in which a server may start with it.
Result<int64_t> settle_database(const fs::path& database, const Verified& backup,
                                const Paths& paths, bool sends_deliveries) {
  const auto opened = TRY(sql::open_sqlite(database.string(), [](const std::string&) {}));
  TRY(sql::migrate(*opened, store::migrations(), [](const sql::MigrationProgress&) {}));
  JsonWriter detail;
  detail.begin_object()
      .member("sha256", backup.sha256)
      .member("made_at", backup.manifest.created_at)
      .member("made_by", backup.manifest.made_by)
      .end_object();
  return opened->write([&](sql::Writer& tx) -> int64_t {
    for (const auto& [id, path] : paths) store::move_repository(tx, id, path.string());
    const int64_t set_aside = sends_deliveries ? 0 : store::set_aside_deliveries(tx);
    sql::skip_ids(tx, id_distance(backup.manifest.created_at, system_now()));
    store::insert_audit(tx, core::Actor::local_administrator().in_request("restore"),
                        {"backup.restore", std::nullopt, 0, detail.text()}, system_now());
    return set_aside;
  });
}

/// Those of the keys that the data uses: a newer one beside them would seal from now on.
std::vector<SealingKey> keys_of(const Manifest& manifest, std::vector<SealingKey> keys) {
  std::erase_if(keys, [&](const SealingKey& key) {
    const std::string digest = store::key_digest(key.key, manifest.identity);
    return digest != manifest.key_digest && digest != manifest.new_key_digest;
  });
  return keys;
}

Result<void> write_key(const fs::path& path, const std::vector<SealingKey>& keys) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  const Secret text = format_keyring(keys);
  const auto size = static_cast<ssize_t>(text.reveal().size());
  if (!file || ::write(file.get(), text.reveal().data(), text.reveal().size()) != size) {
    return cannot("write", path);
  }
  return {};
}

/// The folder gets its name.
Result<void> put_in_place(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    if (errno == EBUSY || errno == EXDEV) {
      return fail(ErrorCode::unavailable, to.string() +
                                              " is a mount point, and cannot be replaced: name a "
                                              "folder in it, and let --data of the server name "
                                              "that one");
    }
    return cannot("make", to);
  }
  const Descriptor parent(::open(parent_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || fsync(parent.get()) != 0) return cannot("sync", to.parent_path());
  return {};
}

/// What of a registered repository is not as the backup knew it.
void compare(const File::Registered& known, const std::map<std::string, core::Repository>& rows,
             std::vector<Difference>& differences) {
  const auto tell = [&](const std::string& what) {
    differences.push_back({known.full_name, what});
  };
  if (!known.problem.empty()) return tell("could not be read when the backup was made");
  const auto row = rows.find(known.full_name);
  if (row == rows.end()) return;
  const auto now = list_refs(row->second);
  if (!now) return tell("cannot be read at " + known.path + ": " + now.error().message);
  std::map<std::string, std::string> refs;
  for (const Ref& ref : now->refs) refs[ref.name] = ref.sha;
  for (const auto& [name, sha] : known.refs) {
    const auto ref = refs.find(name);
    if (ref == refs.end()) {
      tell("has no " + name + " any more; it was " + sha);
    } else if (ref->second != sha) {
      tell("has moved " + name + " from " + sha + " to " + ref->second);
    }
  }
}

Result<std::vector<Difference>> find_differences(const fs::path& database,
                                                 const std::vector<File::Registered>& registered) {
  std::map<std::string, core::Repository> rows;
  TRY(sql::inspect_sqlite(database.string(), [&](sql::Reader& db) -> Result<void> {
    for (auto& row : store::list_repositories(db)) rows.emplace(row.full_name(), std::move(row));
    return {};
  }));
  std::vector<Difference> differences;
  for (const File::Registered& known : registered) compare(known, rows, differences);
  return differences;
}

}  // namespace

Result<Verified> verify(const fs::path& path, const std::vector<SealingKey>& keys,
                        const Progress& progress) {
  const File file = TRY(File::open(path, progress));
  if (!keys.empty()) TRY(check_keys(file.manifest(), keys));
  TemporaryFolder folder;
  if (!folder.exists()) {
    return fail(ErrorCode::unavailable,
                "there is no temporary folder with room for it: name one in TMPDIR");
  }
  TRY(file.extract(folder.path()));
  Verified found = TRY(check_parts(file, folder.path()));
  TRY(try_bundles(found.manifest, folder));
  return found;
}

int64_t id_distance(Timestamp made_at, Timestamp now) {
  constexpr int64_t at_least = 10'000'000, longest = int64_t{1} << 41;  // 70 years
  const int64_t passed = std::chrono::floor<std::chrono::milliseconds>(now - made_at).count();
  return at_least + std::clamp<int64_t>(passed, 0, longest);
}

Result<Owner> default_owner(const fs::path& folder) {
  struct stat about{};
  if (geteuid() != 0) return Owner{geteuid(), getegid()};
  std::error_code error;
  const fs::path path = fs::absolute(folder, error);
  if (stat(path.c_str(), &about) != 0 && stat(parent_of(path).c_str(), &about) != 0) {
    return cannot("find", path.parent_path());
  }
  return Owner{about.st_uid, about.st_gid};
}

Result<Restored> restore(const RestoreInput& input, const Progress& progress) {
  std::error_code error;
  fs::path folder = fs::absolute(input.folder, error).lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();
  // The repositories' paths are compared without links: docs/decisions/0015.
  folder = fs::canonical(folder.parent_path(), error) / folder.filename();
  if (error) {
    return fail(ErrorCode::invalid, "there is no folder " + parent_of(input.folder) +
                                        " in which the new one could be made");
  }
  TRY(check_is_free(folder));
  TRY(check_place(folder.parent_path()));
  const File file = TRY(File::open(input.backup, progress));
  TRY(check_keys(file.manifest(), input.keys));

  const fs::path work_path = folder.parent_path() / ("." + folder.filename().string() + ".restore");
  const Descriptor opened = TRY(take_work_folder(work_path));
  const WorkFolder work(work_path, mark_name);
  TRY(work.empty());
  const fs::path parts = work.path() / "parts", data = work.path() / "data";
  for (const fs::path& each : {parts, data}) {
    if (mkdir(each.c_str(), 0700) != 0) return cannot("make", each);
  }
  TRY(file.extract(parts));
  Restored restored{.backup = TRY(check_parts(file, parts)), .folder = folder, .differences = {}};
  const fs::path database = data / database_name;
  if (rename((parts / database_name).c_str(), database.c_str()) != 0) {
    return cannot("make", database);
  }
  const Paths paths = TRY(unpack_repositories(restored.backup.manifest, parts,
                                              data / "repositories", folder / "repositories"));
  restored.set_aside =
      TRY(settle_database(database, restored.backup, paths, input.sends_deliveries));
  restored.differences = TRY(find_differences(database, restored.backup.registered));
  if (!input.keeps_key_outside) {
    TRY(write_key(data / "secret.key", keys_of(file.manifest(), input.keys)));
  }
  TRY(hand_over(data, input.user, input.group));
  TRY(check_is_free(folder));
  TRY(put_in_place(data, folder));
  return restored;
}

}  // namespace esclusa::backup
