#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "sql/connection.h"

/// What a backup says of a database, and what changes in one that is restored.
namespace esclusa::store {

/// The name of the newest migration, `0024_secrets`; empty if there is none.
std::string newest_migration(sql::Reader& db);

/// For people.
struct Contents {
  int64_t accounts = 0;
  int64_t repositories = 0;  ///< that are registered
  int64_t deployments = 0;
  std::optional<Timestamp> newest_event_at;
  int64_t held_deployments = 0;
  int64_t claimed_deployments = 0;
  int64_t waiting_deliveries = 0;  ///< pending or held
};
Contents find_contents(sql::Reader& db);

/// Ends all deliveries that are pending or held as `dead`, and the requests for redeliveries: what
/// waited when a backup was made has probably been sent since. How many that were.
int64_t set_aside_deliveries(sql::Writer& tx);

/// Where a repository lies from now on. It borrows objects from nowhere.
void move_repository(sql::Writer& tx, RepositoryId id, std::string_view path);

}  // namespace esclusa::store
