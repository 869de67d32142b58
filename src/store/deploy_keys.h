#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/actor.h"
#include "core/deploy_key.h"
#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the key; nullopt if any repository has a key with its fingerprint.
std::optional<DeployKeyId> insert_deploy_key(sql::Writer& tx, const core::DeployKey& key,
                                             const core::Actor& added_by);
std::optional<core::DeployKey> find_deploy_key(sql::Reader& db, RepositoryId repository,
                                               DeployKeyId id);
/// Finds a key of any repository by its fingerprint.
std::optional<core::DeployKey> find_deploy_key(sql::Reader& db, std::string_view fingerprint);
std::optional<core::DeployKey> find_deploy_key(sql::Reader& db, DeployKeyId id);
/// Oldest first; deleted ones are left out.
core::Listing<core::DeployKey> list_deploy_keys(sql::Reader& db, RepositoryId repository,
                                                const core::Page& page);
/// A key, and its repository.
struct PlacedKey {
  DeployKeyId id;
  AccountId owner;    ///< of the repository
  std::string place;  ///< `owner/name`
  std::string title;
};
/// Those that the account added, oldest first; deleted ones are left out. It reads all keys.
std::vector<PlacedKey> list_placed_keys_of(sql::Reader& db, AccountId added_by);
/// Stores that the key was used.
void touch_deploy_key(sql::Writer& tx, DeployKeyId id, Timestamp now);
/// Hides the key, and frees its fingerprint.
void delete_deploy_key(sql::Writer& tx, DeployKeyId id, Timestamp now);
/// The same for all keys of the repository; returns their number.
size_t delete_deploy_keys(sql::Writer& tx, RepositoryId repository, Timestamp now);

}  // namespace esclusa::store
