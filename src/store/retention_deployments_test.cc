// Which deployments may be pruned: random histories, and an oracle that knows only the rules.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "store/claims.h"
#include "store/deployment_blocks.h"
#include "store/deployment_logs.h"
#include "store/live.h"
#include "store/retention.h"
#include "support/database_fixture.h"
#include "support/everyday.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::Sample;

namespace {

constexpr const char* environments[] = {"production", "staging", "qa"};
constexpr const char* tasks[] = {"deploy", "migrate"};
constexpr DeploymentState states[] = {DeploymentState::success,  DeploymentState::success,
                                      DeploymentState::inactive, DeploymentState::failure,
                                      DeploymentState::error,    DeploymentState::queued,
                                      DeploymentState::pending,  DeploymentState::in_progress};

/// A deployment, as the rules see it.
struct Known {
  int64_t id = 0;
  int64_t time = 0;
  std::string environment;
  std::string task;
  bool is_held = false;
  bool is_transient = false;
  bool has_live_claim = false;
  std::optional<DeploymentState> state;
  /// The latest success status since it came to its environment; 0: none.
  int64_t success = 0;
};

class History {
 public:
  History(sql::Writer& tx, unsigned seed) : sample_(tx), random_(seed) {}

  unsigned pick(unsigned count) { return random_() % count; }

  void create(sql::Writer& tx) {
    Known known;
    known.time = ++clock_;
    known.environment = environments[pick(3)];
    known.task = tasks[pick(4) == 0 ? 1 : 0];
    core::Deployment made;
    made.repository_id = sample_.repository.id;
    made.environment = made.original_environment = sample_.environment(tx, known.environment);
    made.task = known.task;
    made.ref = "main";
    made.sha = std::string(40, "abcdef"[pick(6)]);
    made.creator = sample_.ada;
    made.payload = "{}";
    known.is_transient = made.transient_environment = pick(4) == 0;
    known.is_held = pick(12) == 0;
    if (known.is_held) made.phase = core::DeploymentPhase::held;
    made.created_at = made.updated_at = at(known.time);
    known.id = store::insert_deployment(tx, made, sample_.actor).value;
    known_.push_back(known);
    if (pick(8) == 0) {
      store::append_log(tx, {known.id}, {}, "log", at(known.time));
    }
    if (pick(10) == 0) claim(tx, known_.back());
  }

  void report(sql::Writer& tx) {
    Known& known = known_[pick(static_cast<unsigned>(known_.size()))];
    if (known.is_held) return;
    auto deployment = test::found(store::find_deployment(tx, sample_.repository.id, {known.id}));
    if (pick(10) == 0) {
      const std::string environment = environments[pick(3)];
      if (environment != known.environment) known.success = 0;
      known.environment = environment;
    }
    known.state = states[pick(std::size(states))];
    core::DeploymentStatus status;
    status.deployment_id = deployment.id;
    status.repository_id = deployment.repository_id;
    status.state = *known.state;
    status.environment = sample_.environment(tx, known.environment);
    status.creator = sample_.ada;
    status.created_at = status.updated_at = at(clock_);
    status.id = store::insert_status(tx, deployment, status, sample_.actor);
    if (*known.state == DeploymentState::success) known.success = status.id.value;
  }

  /// By the rules, and by nothing else.
  bool must_stay(const Known& one, int64_t before, size_t keep_successes) const {
    if (one.time >= before || one.is_held || one.has_live_claim) return true;
    if (one.state == DeploymentState::in_progress) return true;
    if (one.is_transient && one.state == DeploymentState::success) return true;
    size_t later_successes = 0;
    bool is_latest = true, is_superseded = false;
    for (const Known& other : known_) {
      if (other.environment != one.environment || other.task != one.task) continue;
      later_successes += !other.is_transient && other.success > one.success;
      if (other.id <= one.id) continue;
      is_latest = false;
      is_superseded |= other.state == DeploymentState::success;
    }
    if (is_latest) return true;
    // The first of these is live.
    if (!one.is_transient && one.success > 0 && later_successes < keep_successes) return true;
    const bool is_unfinished =
        !one.state || one.state == DeploymentState::queued || one.state == DeploymentState::pending;
    return is_unfinished && !is_superseded;
  }

  void check(sql::Writer& tx, int64_t before, size_t keep_successes) {
    std::set<int64_t> expected;
    for (const Known& one : known_) {
      if (must_stay(one, before, keep_successes)) expected.insert(one.id);
    }
    const store::PruneRule rule{store::PruneList::deployments, at(before), at(clock_),
                                static_cast<int64_t>(keep_successes)};
    store::PrunePage page;
    do {
      page = store::find_prunable(tx, rule, page.last);
      for (const int64_t id : page.ids) CHECK(store::prune(tx, rule, id).is_gone);
    } while (!page.is_end);
    std::set<int64_t> left;
    tx.each("select id from deployment", {},
            [&](const sql::Row& row) { left.insert(row.integer(0)); });
    CHECK(left == expected);
    std::erase_if(known_, [&](const Known& one) { return !expected.contains(one.id); });
    check_rows(tx);
  }

  int64_t clock() const { return clock_; }
  size_t size() const { return known_.size(); }

 private:
  void claim(sql::Writer& tx, Known& known) {
    core::DeploymentClaim claim;
    claim.deployment_id = {known.id};
    claim.repository_id = sample_.repository.id;
    claim.owner = sample_.ada;
    claim.beat.boot.boot_id = "boot";
    store::insert_claim(tx, claim);
    known.has_live_claim = pick(2) == 0;
    if (!known.has_live_claim) store::end_claim(tx, {known.id}, core::ClaimEnd::released, at(0));
  }

  /// Nothing is left of what went, and the totals are exact.
  void check_rows(sql::Writer& tx) {
    for (const char* table : {"deployment_status", "deployment_log", "deployment_claim"}) {
      CAPTURE(table);
      CHECK(tx.number(std::string("select count(*) from ") + table +
                      " t where not exists (select 1 from deployment d where "
                      "d.id = t.deployment_id)") == 0);
    }
    store::count_blocks(tx, 100);
    for (const auto& state : states) {
      const auto listing = store::list_deployments(tx, sample_.repository.id, {.state = state}, {});
      const auto expected =
          std::ranges::count_if(known_, [&](const Known& one) { return one.state == state; });
      CHECK(listing.total_count == expected);
    }
  }

  Sample sample_;
  std::minstd_rand random_;
  int64_t clock_ = 0;
  std::vector<Known> known_;
};

void play(sql::Database& db, unsigned seed, int size) {
  CAPTURE(seed);
  auto history = test::write(db, [&](sql::Writer& tx) { return History(tx, seed); });
  for (int round = 0; round < 4; ++round) {
    test::write(db, [&](sql::Writer& tx) {
      for (int i = 0; i < size; ++i) {
        history.create(tx);
        for (unsigned n = history.pick(4); n > 0; --n) history.report(tx);
      }
      const int64_t before =
          history.clock() - static_cast<int64_t>(history.pick(static_cast<unsigned>(size)));
      history.check(tx, before, 1 + history.pick(4));
    });
  }
  CHECK(history.size() > 0);
}

}  // namespace

TEST_CASE("prune: of random histories goes what may go, and nothing else") {
  for_each_engine([](sql::Database& db) { play(db, 1, 120); });
}

TEST_CASE("prune: of many random histories goes what may go, and nothing else" *
          doctest::skip(test::is_everyday())) {
  for (unsigned seed = 2; seed < 12; ++seed) {
    test::SqliteStore sqlite;
    play(sqlite.database(), seed, 40 + static_cast<int>(seed) * 10);
  }
}

namespace {

/// The ids that are left when everything that may go has gone.
std::set<int64_t> pruned(sql::Writer& tx, int64_t keep_successes) {
  const store::PruneRule rule{store::PruneList::deployments, at(1000), at(5000), keep_successes};
  const auto page = store::find_prunable(tx, rule, 0);
  CHECK(page.is_end);
  for (const int64_t id : page.ids) store::prune(tx, rule, id);
  std::set<int64_t> left;
  tx.each("select id from deployment", {},
          [&](const sql::Row& row) { left.insert(row.integer(0)); });
  return left;
}

/// A status, without what the deployment was before.
void report(sql::Writer& tx, const Sample& s, const core::Deployment& of, DeploymentState state) {
  s.status(tx, test::found(store::find_deployment(tx, s.repository.id, of.id)), state);
}

}  // namespace

TEST_CASE("prune: what was rolled back to is live, and stays") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto first = s.deployment(tx, "production"), second = s.deployment(tx, "production"),
                 third = s.deployment(tx, "production"), fourth = s.deployment(tx, "production");
      for (const auto& one : {first, second, third, fourth, second, first}) {
        report(tx, s, one, DeploymentState::success);
      }
      CHECK(pruned(tx, 2) == std::set{first.id.value, second.id.value, fourth.id.value});
      CHECK(pruned(tx, 1) == std::set{first.id.value, fourth.id.value});
      CHECK(test::found(store::find_live(tx, {first.environment.id.value, "deploy"})).live->id ==
            first.id);
      // It stays also when nothing is live any more: it is what ran last.
      report(tx, s, first, DeploymentState::inactive);
      CHECK(pruned(tx, 1) == std::set{first.id.value, fourth.id.value});
    });
  });
}

TEST_CASE("prune: each transient deployment that is a success is live, and stays") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      std::vector<core::Deployment> made;
      for (int i = 0; i < 4; ++i) {
        core::Deployment one = s.deployment(tx, "review");
        tx.execute("update deployment set transient_environment = 1 where id = $1", {one.id.value});
        report(tx, s, one, DeploymentState::success);
        made.push_back(std::move(one));
      }
      report(tx, s, made[1], DeploymentState::inactive);
      CHECK(pruned(tx, 1) == std::set{made[0].id.value, made[2].id.value, made[3].id.value});
    });
  });
}

TEST_CASE("prune: a deployment stays while its environment and task have no row in `live`") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto old = s.deployment(tx, "qa"), latest = s.deployment(tx, "qa");
      for (const auto& one : {old, latest}) report(tx, s, one, DeploymentState::failure);
      tx.execute("delete from live");
      CHECK(pruned(tx, 1) == std::set{old.id.value, latest.id.value});
      CHECK(store::repair_live(tx, {}, 10).wrong == 1);
      CHECK(pruned(tx, 1) == std::set{latest.id.value});
    });
  });
}
