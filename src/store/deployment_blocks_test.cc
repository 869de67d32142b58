#include "store/deployment_blocks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "store/deployment_statuses.h"
#include "store/deployments.h"
#include "support/database_fixture.h"
#include "support/everyday.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

constexpr const char* refs[] = {"main", "topic", "v1"};
constexpr const char* environments[] = {"production", "staging", "qa"};
constexpr DeploymentState states[] = {DeploymentState::success, DeploymentState::failure,
                                      DeploymentState::queued};

/// A history of two repositories, and what the plain rules say of it.
struct History {
  explicit History(sql::Writer& tx) : own(tx), other(tx, "other") {}

  unsigned pick(unsigned count) { return random() % count; }

  void create(sql::Writer& tx) {
    core::Deployment made;
    made.repository_id = own.repository.id;
    made.environment = own.environment(tx, environments[pick(3)]);
    made.ref = refs[pick(3)];
    made.task = pick(9) == 0 ? "rollback" : "deploy";
    made.sha = std::string(40, "abc"[pick(3)]);
    made.creator = own.ada;
    // The clock is set back now and then.
    clock = pick(200) == 0 ? clock - 400 : clock + 1;
    made.created_at = made.updated_at = at(clock);
    made.id = store::insert_deployment(tx, made, own.actor);
    newest_first.insert(newest_first.begin(), made);
    if (pick(3) == 0) other.deployment(tx, "production");
  }

  void change(sql::Writer& tx) {
    core::Deployment& deployment = newest_first[pick(newest_first.size())];
    deployment.state = states[pick(3)];
    if (pick(4) == 0) deployment.environment = own.environment(tx, environments[pick(3)]);
    own.status(tx, deployment, *deployment.state);
  }

  void remove(sql::Writer& tx) {
    const auto place = newest_first.begin() + pick(newest_first.size());
    store::delete_deployment(tx, place->id);
    newest_first.erase(place);
  }

  void go_on(sql::Writer& tx) {
    for (int i = 0; i < 500; ++i) create(tx);
    for (int i = 0; i < 60; ++i) change(tx);
    for (int i = 0; i < 25; ++i) remove(tx);
    store::count_blocks(tx, 1 + pick(3));
    for (int i = 0; i < 60; ++i) change(tx);
    for (int i = 0; i < 25; ++i) remove(tx);
  }

  core::DeploymentFilter filter() {
    core::DeploymentFilter asked;
    if (pick(4) == 0) asked.ref = refs[pick(3)];
    if (pick(4) == 0) asked.environment = environments[pick(3)];
    if (pick(6) == 0) asked.task = pick(2) == 0 ? "rollback" : "deploy";
    if (pick(6) == 0) asked.sha = std::string(40, "abc"[pick(3)]);
    if (pick(6) == 0) asked.creator = pick(4) == 0 ? "nobody" : "Ada";
    if (pick(5) == 0) asked.state = states[pick(3)];
    if (pick(5) == 0) asked.created.from = at(pick(clock));
    if (pick(5) == 0) asked.created.until = at(pick(clock));
    return asked;
  }

  std::vector<DeploymentId> expected(const core::DeploymentFilter& asked) const {
    std::vector<DeploymentId> ids;
    for (const core::Deployment& d : newest_first) {
      const auto& [from, until] = asked.created;
      if ((asked.ref.empty() || d.ref == asked.ref) &&
          (asked.environment.empty() || d.environment.name == asked.environment) &&
          (asked.task.empty() || d.task == asked.task) &&
          (asked.sha.empty() || d.sha == asked.sha) && asked.creator != "nobody" &&
          (!asked.state || d.state == asked.state) && (!from || d.created_at >= *from) &&
          (!until || d.created_at < *until)) {
        ids.push_back(d.id);
      }
    }
    return ids;
  }

  /// Compares a page with the plain rule.
  void check_page(sql::Reader& db, const core::DeploymentFilter& asked, const core::Page& page) {
    const auto all = expected(asked);
    const auto listing = store::list_deployments(db, own.repository.id, asked, page);
    std::vector<DeploymentId> ids;
    for (const core::Deployment& deployment : listing.items) ids.push_back(deployment.id);
    const auto cut = page.cut(all);
    CHECK(listing.total_count == static_cast<int64_t>(all.size()));
    CHECK(std::ranges::equal(ids, cut));
  }

  std::mt19937 random{20};
  Sample own;
  Sample other;
  int clock = 1000;
  std::vector<core::Deployment> newest_first;
};

/// The counts of all blocks, as text.
std::string counts(sql::Database& db) {
  std::string text;
  test::read(db, [&](sql::Reader& rows) {
    rows.each(
        "select repository_id, filter, value, shift, block, deployment_count from "
        "deployment_block_count where deployment_count > 0 order by 1, 2, 3, 4, 5",
        {}, [&](const sql::Row& row) {
          for (int i = 0; i < 6; ++i) text += std::string(row.text(i)) + " ";
        });
  });
  return text;
}

}  // namespace

TEST_CASE("list_deployments: every page is that of the plain rule, after any history") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      History history(tx);
      // Each turn takes longer than the one before.
      for (int turn = 0; turn < (test::is_everyday() ? 3 : 6); ++turn) {
        history.go_on(tx);
        for (int i = 0; i < 60; ++i) {
          const auto asked = history.filter();
          const int size = 1 + static_cast<int>(history.pick(100));
          const auto count = static_cast<unsigned>(history.expected(asked).size());
          history.check_page(tx, asked,
                             {1 + static_cast<int>(history.pick(count / size + 2)), size});
        }
        for (int number = 1; number < 40; ++number) history.check_page(tx, {}, {number, 100});
      }
      CHECK(store::block_progress(tx).counted_up_to > 1000);
    });
  });
}

TEST_CASE("count_blocks: goes on after the last counted block, and stops at the one that fills") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      History history(tx);
      CHECK_FALSE(store::block_progress(tx).has_more());
      while (history.newest_first.empty() || history.newest_first[0].id.value < 250) {
        history.create(tx);
      }
      CHECK_FALSE(store::count_blocks(tx, 9).has_more());
      CHECK(store::block_progress(tx).counted_up_to == -1);
      while (history.newest_first[0].id.value < 1023) history.create(tx);
      const int64_t full = (history.newest_first[0].id.value + 1) / 256 * 256 - 1;
      CHECK(store::count_blocks(tx, 1).counted_up_to == 255);
      CHECK(store::count_blocks(tx, 2).counted_up_to == 767);
      const auto last = store::count_blocks(tx, 9);
      CHECK(last.counted_up_to == full);
      CHECK_FALSE(last.has_more());
      CHECK(store::block_progress(tx).counted_up_to == full);
    });
  });
}

TEST_CASE("count_blocks: a count of a moved deployment is that of a new count") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      History history(tx);
      for (int turn = 0; turn < 3; ++turn) history.go_on(tx);
      while (store::count_blocks(tx, 1).has_more()) {
      }
      for (int i = 0; i < 40; ++i) history.change(tx);
      for (int i = 0; i < 40; ++i) history.remove(tx);
    });
    const std::string moved = counts(db);
    test::write(db, [](sql::Writer& tx) {
      tx.execute("delete from deployment_block_count where shift > 0");
      tx.execute("delete from deployment_block where shift > 0");
      while (store::count_blocks(tx, 1000).has_more()) {
      }
    });
    CHECK(counts(db) == moved);
    CHECK(moved.size() > 1000);
  });
}

TEST_CASE("count_blocks: what was killed in the middle goes on, and is as if it was not") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      History history(tx);
      for (int i = 0; i < 2000; ++i) history.create(tx);
      for (int i = 0; i < 200; ++i) history.change(tx);
    });
    struct Killed {};
    const auto count_all = [&](int killed_after) {
      test::write(db, [](sql::Writer& tx) {
        tx.execute("delete from deployment_block_count where shift > 0");
        tx.execute("delete from deployment_block where shift > 0");
      });
      for (int batch = 0;; ++batch) {
        try {
          const auto progress = test::write(db, [&](sql::Writer& tx) {
            const auto done = store::count_blocks(tx, 2);
            if (batch == killed_after) throw Killed();
            return done;
          });
          if (!progress.has_more()) return counts(db);
        } catch (const Killed&) {
        }
      }
    };
    const std::string whole = count_all(-1);
    CHECK(count_all(0) == whole);
    CHECK(count_all(2) == whole);
    CHECK(whole.size() > 1000);
  });
}
