#include "store/deployment_blocks.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/trace.h"

namespace esclusa::store {
namespace {

constexpr int small_shift = 8;
constexpr int large_shift = 16;

int64_t block_of(int64_t id) { return id >> small_shift; }

/// The first id that is in no block.
const std::string first_uncounted =
    "(select (coalesce(max(block), -1) + 1) * 256 from deployment_block where shift = 8)";

/// A part of the ids: a block, or the newest ids that are in no block.
struct Part {
  int shift = 0;  ///< 0 for the newest ids
  int64_t first_id = 0;
  int64_t last_id = 0;
  int64_t count = 0;
  Timestamp first_created_at = {};
  Timestamp last_created_at = {};
};

class Walk {
 public:
  Walk(sql::Reader& db, const CountedList& list) : db_(db), list_(list) {}

  PagePlace find(int64_t offset) {
    PagePlace place;
    for (const Part& part : largest_parts()) {
      const int64_t count = count_of(part);
      if (place.newest_id == 0 && place.total_count + count > offset) {
        enter(part, offset - place.total_count, place);
      }
      place.total_count += count;
    }
    place.oldest_id = oldest_id_;
    return place;
  }

 private:
  std::vector<Part> largest_parts() {
    Part newest;
    newest.first_id = db_.number("select " + first_uncounted);
    newest.last_id = std::numeric_limits<int64_t>::max();
    std::vector<Part> parts = {newest};
    std::ranges::copy(blocks(large_shift, 0, newest.first_id >> large_shift, newest.last_id),
                      std::back_inserter(parts));
    return parts;
  }

  /// The newest blocks in the range that contain deployments of the list, newest first.
  std::vector<Part> blocks(int shift, int64_t first, int64_t last, int64_t limit) {
    const bool by_time = list_.created.from || list_.created.until;
    const std::string times = by_time ? "b.first_created_at, b.last_created_at" : "0, 0";
    const std::string with_times =
        by_time ? "join deployment_block b on b.shift = c.shift and b.block = c.block " : "";
    return db_.all(
        "select c.block, c.deployment_count, " + times + " from deployment_block_count c " +
            with_times +
            "where c.repository_id = $1 and c.filter = $2 and c.value = $3 and c.shift = $4 and "
            "c.block between $5 and $6 and c.deployment_count > 0 order by c.block desc limit $7",
        {list_.repository.value, list_.filter, list_.value, shift, first, last, limit},
        [&](const sql::Row& row) {
          const int64_t block = row.integer(0);
          return Part{shift,
                      block << shift,
                      ((block + 1) << shift) - 1,
                      row.integer(1),
                      from_micros(row.integer(2)),
                      from_micros(row.integer(3))};
        });
  }

  /// Visits the small blocks of a large one, newest first, until `visit` returns true.
  template <class Visit>
  void visit_small(const Part& large, Visit visit) {
    constexpr size_t at_once = 16;
    int64_t last = block_of(large.last_id);
    for (bool is_over = false; !is_over;) {
      const auto parts = blocks(small_shift, block_of(large.first_id), last, at_once);
      is_over = std::ranges::any_of(parts, visit) || parts.size() < at_once;
      if (!is_over) last = block_of(parts.back().first_id) - 1;
    }
  }

  /// How many deployments of the part are in the list and in its range of times. Follows how far
  /// the list goes back.
  int64_t count_of(const Part& part) {
    const auto& [from, until] = list_.created;
    const bool is_block = part.shift != 0;
    if (is_block &&
        ((from && part.last_created_at < *from) || (until && part.first_created_at >= *until))) {
      return 0;
    }
    const bool is_whole = is_block && (!from || part.first_created_at >= *from) &&
                          (!until || part.last_created_at < *until);
    if (!is_whole && part.shift == large_shift) {
      int64_t count = 0;
      visit_small(part, [&](const Part& small) {
        count += count_of(small);
        return false;
      });
      return count;
    }
    oldest_id_ = std::min(oldest_id_, part.first_id);
    return is_whole ? part.count : list_.count_rows(part.first_id, part.last_id);
  }

  /// The page begins in that part, after `offset` rows of it.
  void enter(const Part& part, int64_t offset, PagePlace& place) {
    if (part.shift != large_shift) {
      place.newest_id = part.last_id;
      place.offset = offset;
      return;
    }
    visit_small(part, [&](const Part& small) {
      const int64_t count = count_of(small);
      if (count > offset) enter(small, offset, place);
      offset -= count;
      return offset < 0;
    });
  }

  sql::Reader& db_;
  const CountedList& list_;
  int64_t oldest_id_ = std::numeric_limits<int64_t>::max();
};

}  // namespace

bool BlockProgress::has_more() const { return block_of(latest + 1) > block_of(counted_up_to + 1); }

BlockProgress block_progress(sql::Reader& db) {
  return {db.number("select " + first_uncounted) - 1,
          db.number("select coalesce(max(id), 0) from deployment")};
}

namespace {

/// What some deployments add to the blocks: each row is read once, and each count written once.
class Additions {
 public:
  /// The columns of `read_columns`.
  void add(const sql::Row& row) {
    const int64_t id = row.integer(0), created_at = row.integer(1);
    for (const int shift : {small_shift, large_shift}) {
      const auto [times, is_new] =
          times_.try_emplace({shift, id >> shift}, std::pair(created_at, created_at));
      auto& [first, last] = times->second;
      first = std::min(first, created_at);
      last = std::max(last, created_at);
      const auto count = [&](std::string_view filter, std::string_view value) {
        ++counts_[{row.integer(2), filter, std::string(value), shift, id >> shift}];
      };
      count("all", "");
      count("environment", std::to_string(row.integer(3)));
      count("creator", std::to_string(row.integer(4)));
      count("ref", row.text(5));
      count("task", row.text(6));
      if (!row.is_null(7)) count("state", row.text(7));
    }
  }
  static constexpr std::string_view read_columns =
      "select id, created_at, repository_id, environment_id, creator_id, ref, task, state "
      "from deployment where id between $1 and $2";

  void save(sql::Writer& tx) const {
    for (const auto& [place, count] : counts_) {
      tx.execute(
          "insert into deployment_block_count (repository_id, filter, value, shift, block, "
          "deployment_count) values ($1, $2, $3, $4, $5, $6) "
          "on conflict (repository_id, filter, value, shift, block) do update set "
          "deployment_count = deployment_block_count.deployment_count + "
          "excluded.deployment_count",
          {place.repository, place.filter, place.value, place.shift, place.block, count});
    }
    for (const auto& [block, times] : times_) {
      tx.execute(
          "insert into deployment_block (shift, block, first_created_at, last_created_at) "
          "values ($1, $2, $3, $4) on conflict (shift, block) do update set first_created_at = "
          "case when excluded.first_created_at < deployment_block.first_created_at then "
          "excluded.first_created_at else deployment_block.first_created_at end, "
          "last_created_at = case when excluded.last_created_at > "
          "deployment_block.last_created_at then excluded.last_created_at else "
          "deployment_block.last_created_at end",
          {block.first, block.second, times.first, times.second});
    }
  }

 private:
  struct Place {
    int64_t repository;
    std::string_view filter;
    std::string value;
    int shift;
    int64_t block;
    auto operator<=>(const Place&) const = default;
  };
  std::map<Place, int64_t> counts_;
  std::map<std::pair<int, int64_t>, std::pair<int64_t, int64_t>> times_;  ///< by shift and block
};

}  // namespace

BlockProgress count_blocks(sql::Writer& tx, int64_t limit) {
  if (tx.engine() == sql::Engine::postgres) {
    // Waits for those who have an id that is not committed, and lets nobody change a state.
    const Span span("lock");
    tx.execute("lock table deployment in share mode");
  }
  const BlockProgress before = block_progress(tx);
  if (!before.has_more()) return before;
  // Ids may have gaps.
  const int64_t first_id =
      tx.number("select min(id) from deployment where id > $1", {before.counted_up_to}) >>
      small_shift << small_shift;
  const int64_t full_up_to = block_of(before.latest + 1) << small_shift;
  const int64_t last_id = std::min(first_id + (limit << small_shift), full_up_to) - 1;
  Additions additions;
  tx.each(Additions::read_columns, {first_id, last_id},
          [&](const sql::Row& row) { additions.add(row); });
  additions.save(tx);
  return {last_id, before.latest};
}

PagePlace find_page(sql::Reader& db, const CountedList& list, int64_t offset) {
  return Walk(db, list).find(offset);
}

std::string count_in_blocks(const std::string& condition, const std::string& repository,
                            std::string_view filter, const std::string& value) {
  return "select (select count(*) from deployment d " + condition +
         " and d.id >= " + first_uncounted +
         ") + (select cast(coalesce(sum(c.deployment_count), 0) as bigint) from "
         "deployment_block_count c where c.repository_id = " +
         repository + " and c.filter = '" + std::string(filter) + "' and c.value = " + value +
         " and c.shift = 16)";
}

}  // namespace esclusa::store
