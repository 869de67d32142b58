#include "bin/data_identity.h"

#include "base/log.h"
#include "sql/inspect.h"
#include "sql/migrate.h"
#include "store/hooks.h"
#include "store/identity.h"
#include "store/schema.h"

namespace esclusa {
namespace {

std::unexpected<Error> refuse(const DataFolder& data, const std::string& what) {
  return fail(ErrorCode::unavailable, "the data folder " + data.path().string() + ": " + what,
              "data_folder");
}

/// Whether the key, the database and the file `identity` belong to one folder.
Result<void> check_identity(const DataFolder& data, sql::Reader& db) {
  const auto found = store::find_identity(db);
  if (!found) {  // a database of an earlier version, without an identity
    if (store::unseals_secrets(db, Sealer(data.secret_key()))) return {};
    return refuse(data,
                  "secret.key opens none of the secrets in esclusa.db. Restore the secret.key that "
                  "belongs to it; docs/data-folder.md says how to go on without");
  }
  if (found->key_digest != store::key_digest(data.secret_key(), found->identity)) {
    return refuse(data,
                  "secret.key and esclusa.db are of two folders. Restore both from one backup; "
                  "docs/data-folder.md says how to go on without the right secret.key");
  }
  const std::string& named = data.identity().identity;
  if (!named.empty() && named != found->identity) {
    return refuse(data, "the file `identity` names the data " + named + ", but esclusa.db is " +
                            found->identity +
                            ". Restore both from one backup, or remove the file if esclusa.db is "
                            "the right one");
  }
  return {};
}

/// Whether the database is another file than at the last start, or was changed by anything but a
/// server, or no start has recorded which file it is.
Result<bool> is_copy(const DataFolder& data) {
  if (data.is_first_start()) return false;
  return data.identity().database_file != TRY(data.database_file()) ||
         !TRY(data.is_as_last_changed());
}

Result<void> inspect(const DataFolder& data, sql::Reader& db) {
  TRY(sql::check_migrations(db, store::migrations()));
  TRY(check_identity(data, db));
  if (!TRY(is_copy(data))) return {};
  log::info(
      "the database is a copy, or new to this version, or changed by something else than a server: "
      "it is checked from end to end",
      {{"database", data.database().string()}});
  TRY(sql::check_integrity(db));
  log::info("the database is whole", {{"database", data.database().string()}});
  return {};
}

}  // namespace

Result<void> check_database(const DataFolder& data) {
  if (!data.has_database()) return {};
  auto inspected = sql::inspect_sqlite(data.database().string(),
                                       [&](sql::Reader& db) { return inspect(data, db); });
  if (!inspected && inspected.error().reason_code == "storage_damaged") {
    // A copy that was made while a server was writing may be inconsistent.
    return refuse(data, inspected.error().message +
                            ". It may be a copy that was made while a server was writing, or have "
                            "another one's esclusa.db-wal beside it. Restore another backup");
  }
  return inspected;
}

Result<void> mark_database(sql::Database& database, DataFolder& data) {
  const std::string identity = TRY(database.write([&](sql::Writer& tx) -> std::string {
    if (auto found = store::find_identity(tx)) return found->identity;
    std::string made = data.identity().identity;
    if (made.empty()) made = random_uuid();
    store::insert_identity(tx, {made, store::key_digest(data.secret_key(), made)}, system_now());
    return made;
  }));
  return data.write_identity({identity, TRY(data.database_file())});
}

}  // namespace esclusa
