#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "core/time_range.h"
#include "sql/connection.h"

/// Counts of deployments in blocks of ids, so that neither the total of a list nor a deep page
/// reads the history. Blocks of 2^8 ids are counted when they are full; newer deployments are in no
/// block, and are counted one by one. See 0020_flat.sql, which also has the triggers that keep the
/// counts true.
namespace esclusa::store {

/// The ids of the smallest block.
inline constexpr int64_t block_size = 256;

/// How far deployments are counted.
struct BlockProgress {
  int64_t counted_up_to = 0;  ///< an id
  int64_t latest = 0;         ///< the newest id
  /// Whether a block is full and not counted yet.
  bool has_more() const;
};
BlockProgress block_progress(sql::Reader& db);

/// Counts the next full blocks, `limit` at most.
BlockProgress count_blocks(sql::Writer& tx, int64_t limit);

/// A list of deployments as the blocks count them.
struct CountedList {
  RepositoryId repository;
  std::string_view filter;  ///< a name of `deployment_block_count`
  std::string_view value;
  core::TimeRange created;
  /// Counts the deployments of the list one by one, from the first id to the last one.
  std::function<int64_t(int64_t first_id, int64_t last_id)> count_rows;
};

/// Where a page of a list is, newest first.
struct PagePlace {
  int64_t total_count = 0;
  int64_t newest_id = 0;  ///< 0 if the list ends before the page
  int64_t offset = 0;     ///< the page begins after so many rows up to `newest_id`
  int64_t oldest_id = 0;  ///< no deployment of the list is older
};

/// The place of the page that begins after `offset` rows. Reads the counts of blocks, and counts
/// one by one what is in no block, and the blocks that lie across an end of the range of times.
PagePlace find_page(sql::Reader& db, const CountedList& list, int64_t offset);

/// SQL for the number of deployments in a list, whenever they were created: `condition` is that of
/// the list for a row `d`; the others are the parameters of its repository and value.
std::string count_in_blocks(const std::string& condition, const std::string& repository,
                            std::string_view filter, const std::string& value);

}  // namespace esclusa::store
