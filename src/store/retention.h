#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/retention.h"
#include "sql/connection.h"

/// Finds and deletes what is pruned by age: docs/decisions/0037-retention.md. Each function reads
/// and changes at most a few hundred rows, found by an index, however many there are.
namespace esclusa::store {

/// The lists that are walked, each by its ids from the lowest on. A key has one or several.
enum class PruneList {
  event_bodies,
  attempts,
  deliveries,
  dead_letters,
  run_logs,
  idempotency_keys,
  claims,
  ref_intents,
  redeliveries,
  installation_tokens,
  deployments,
};
inline constexpr size_t prune_list_count = 11;
core::RetentionKey key_of(PruneList list);

/// What of a list goes.
struct PruneRule {
  PruneList list;
  Timestamp before;            ///< what is older
  Timestamp now;               ///< by the wall clock: rows of later times are of the future
  int64_t keep_successes = 0;  ///< for deployments
};

/// How many rows a page reads.
inline constexpr int prune_page_rows = 500;
/// A part of the walk over a list.
struct PrunePage {
  std::vector<int64_t> ids;         ///< that may go, in order
  std::optional<Timestamp> oldest;  ///< of these
  int64_t last = 0;                 ///< the id up to which the list was read
  bool is_end = false;              ///< nothing behind `last` is old enough
};
/// The rows that may go among the next ones after that id. Ids grow with time: the walk ends at the
/// first row that is younger. It passes over rows of the future.
PrunePage find_prunable(sql::Reader& db, const PruneRule& rule, int64_t after);

struct Pruned {
  int64_t rows = 0;     ///< that were deleted, of all tables
  bool is_gone = true;  ///< false: there is more of it; prune it again
};
/// Deletes what has that id, if it may still go.
Pruned prune(sql::Writer& tx, const PruneRule& rule, int64_t id);

/// A commit whose deployment was deleted, and that git may keep for nothing.
struct UnkeptCommitRow {
  RepositoryId repository_id;
  std::string sha;
};
/// The first ones after that one, in the order of repository and SHA.
std::vector<UnkeptCommitRow> list_unkept_commits(sql::Reader& db, const UnkeptCommitRow& after,
                                                 int count);
/// Whether there is a deployment of the commit, in any repository with that folder.
bool is_deployed(sql::Reader& db, const std::string& path, const std::string& sha);
void forget_unkept_commit(sql::Writer& tx, const UnkeptCommitRow& row);

/// What the retention clock told last; nothing: never. Of a store that older versions wrote, the
/// time of the latest audit row.
std::optional<core::RetentionMoment> find_retention_moment(sql::Reader& db);
void save_retention_moment(sql::Writer& tx, const core::RetentionMoment& moment);

}  // namespace esclusa::store
