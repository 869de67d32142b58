#include "bin/data_identity.h"

#include <algorithm>

#include "base/log.h"
#include "sql/inspect.h"
#include "sql/migrate.h"
#include "store/hooks.h"
#include "store/identity.h"
#include "store/schema.h"
#include "store/sealed_texts.h"

namespace esclusa {
namespace {

using Keys = std::vector<SealingKey>;

/// The key that has that digest; null if there is none.
const SealingKey* find_key(const Keys& keys, const std::string& digest,
                           const std::string& identity) {
  const auto found = std::ranges::find_if(
      keys, [&](const SealingKey& key) { return store::key_digest(key.key, identity) == digest; });
  return found == keys.end() ? nullptr : &*found;
}

std::string ids_of(const Keys& keys) {
  std::string ids;
  for (const SealingKey& key : keys) ids += (ids.empty() ? "" : " and ") + key.id();
  return ids;
}

bool has_id(const Keys& keys, const std::string& id) {
  return std::ranges::any_of(keys, [&](const SealingKey& key) { return key.id() == id; });
}

/// The keys that a rotation uses that has not ended. What they do not open is damaged, and the
/// rotation does not end while it is there.
Keys find_keys_of_rotation(sql::Reader& db, const Keys& keys) {
  const auto identity = store::find_identity(db);
  const auto rotation = store::find_key_rotation(db);
  if (!identity || !rotation) return {};
  Keys used;
  for (const std::string& digest : {identity->key_digest, rotation->key_digest}) {
    if (const auto* key = find_key(keys, digest, identity->identity)) used.push_back(*key);
  }
  return used;
}

/// Why the numbers of the keys do not fit what is sealed: a digest in the database says which
/// bytes a key has, and not its number. Nothing if they fit. `file` is for people.
std::optional<std::string> find_misfit(sql::Reader& db, const Keys& keys, const std::string& file) {
  const Sealer sealer(keys);
  if (!sql::has_table(db, "environment_secret") && !store::unseals_secrets(db, sealer)) {
    return keys.front().id() + " in " + file + " opens none of the secrets in esclusa.db, which " +
           "are of before keys had numbers. Restore the file with the right key alone";
  }
  const Keys of_rotation = find_keys_of_rotation(db, keys);
  for (const auto& use : store::find_key_uses(db, sealer, store::Opening::sample)) {
    const std::string id = use.key_id.empty() ? keys.front().id() : use.key_id;
    if (!has_id(keys, id)) {
      return "secrets in esclusa.db are sealed by the key " + id + ", and " + file + " has only " +
             ids_of(keys) + ". The key's number is a part of it: 32 bytes alone " +
             "are k1, any other key is a line `" + id + " BASE64`. Restore the file with the key " +
             id;
    }
    if (use.opened > 0 || has_id(of_rotation, id)) continue;
    return "the key " + id + " in " + file + " opens none of the secrets in esclusa.db that " + id +
           " has sealed (the first is in " + use.first_unreadable + "). It is another key with " +
           "that number: restore the file with the right key " + id +
           ", or, if that key is lost, see docs/data-folder.md";
  }
  return std::nullopt;
}

/// Whether the keys open the database.
bool fits(sql::Reader& db, const Keys& keys) {
  const auto identity = store::find_identity(db);
  const bool is_of_database =
      identity ? find_key(keys, identity->key_digest, identity->identity) != nullptr
               : store::unseals_secrets(db, Sealer(keys));
  return is_of_database && !find_misfit(db, keys, "");
}

std::unexpected<Error> refuse(const DataFolder& data, const std::string& what) {
  return fail(ErrorCode::unavailable, "the data folder " + data.path().string() + ": " + what,
              "data_folder");
}

Result<void> check_numbers(const DataFolder& data, sql::Reader& db) {
  if (const auto why = find_misfit(db, data.keys(), data.key_file().string())) {
    return refuse(data, *why);
  }
  return {};
}

/// Two files have keys, and the server must not choose one: says which of them opens the database,
/// if that can be told, and how to go on so that no key is lost.
std::unexpected<Error> refuse_two_files(const DataFolder& data) {
  const std::string own = data.own_key_file().string(), external = data.key_file().string();
  const std::string moved = (data.path() / ".." / "secret.key.old").string();
  const std::string move = "mv " + own + " " + moved;
  bool is_own = false, is_external = false;
  if (data.has_database()) {
    const auto told =
        sql::inspect_sqlite(data.database().string(), [&](sql::Reader& db) -> Result<void> {
          is_own = fits(db, data.second_keys());
          is_external = fits(db, data.keys());
          return {};
        });
    if (!told) is_own = is_external = false;
  }
  std::string advice =
      "Which of them is the right one cannot be told. Remove the setting to use "
      "secret.key; to use the other one, move secret.key out of the folder: " +
      move;
  if (is_external) {
    advice = external + " opens the database" + (is_own ? ", and so does secret.key" : "") +
             ": move secret.key out of the folder: " + move;
  } else if (is_own) {
    advice = own + " opens the database, and " + external +
             " does not: remove the setting. To keep the key outside of the folder: " + move +
             ", and let the setting name a file with that key";
  }
  return refuse(data, "the setting secret_key_file names " + external + ", but " + own +
                          " has a key as well. " + advice);
}

/// Whether the key, the database and the file `identity` belong to one folder.
Result<void> check_identity(const DataFolder& data, sql::Reader& db) {
  const auto found = store::find_identity(db);
  if (!found) {  // a database of an earlier version, without an identity
    if (store::unseals_secrets(db, Sealer(data.keys()))) return check_numbers(data, db);
    return refuse(data, data.key_file().string() +
                            " opens none of the secrets in esclusa.db. Restore the key that "
                            "belongs to it; docs/data-folder.md says how to go on without");
  }
  if (find_key(data.keys(), found->key_digest, found->identity) == nullptr) {
    if (data.has_external_key()) {
      return refuse(data,
                    data.key_file().string() +
                        " has not the key that seals the secrets in esclusa.db. After a rotation "
                        "it should have the new key, for an older backup the key of then");
    }
    return refuse(data,
                  "secret.key and esclusa.db are of two folders. Restore both from one backup; "
                  "docs/data-folder.md says how to go on without the right secret.key");
  }
  const auto rotation = store::find_key_rotation(db);
  if (rotation && find_key(data.keys(), rotation->key_digest, found->identity) == nullptr) {
    return refuse(data, "a rotation to the key " + rotation->key_id +
                            " has begun and not ended, and " + data.key_file().string() +
                            " has not that key. Put both keys into it, a line each, the former "
                            "first; the start then ends the rotation");
  }
  const std::string& named = data.identity().identity;
  if (!named.empty() && named != found->identity) {
    return refuse(data, "the file `identity` names the data " + named + ", but esclusa.db is " +
                            found->identity +
                            ". Restore both from one backup, or remove the file if esclusa.db is "
                            "the right one");
  }
  return check_numbers(data, db);
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
  if (!data.second_keys().empty()) return refuse_two_files(data);
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
    const LockedSecret& key = data.keys().back().key;
    store::insert_identity(tx, {made, store::key_digest(key, made)}, system_now());
    return made;
  }));
  return data.write_identity({identity, TRY(data.database_file())});
}

}  // namespace esclusa
