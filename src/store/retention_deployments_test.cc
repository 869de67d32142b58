// Which deployments may be pruned: random histories, and an oracle that knows only the rules.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "store/claims.h"
#include "store/deployment_blocks.h"
#include "store/deployment_logs.h"
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
  bool has_live_claim = false;
  std::optional<DeploymentState> state;
  std::set<std::string> succeeded_in;  ///< the environments of its success statuses
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
      known.environment = environments[pick(3)];
      deployment.environment = sample_.environment(tx, known.environment);
    }
    known.state = states[pick(std::size(states))];
    if (*known.state == DeploymentState::success) known.succeeded_in.insert(known.environment);
    sample_.status(tx, deployment, *known.state);
  }

  /// By the rules, and by nothing else.
  bool must_stay(const Known& one, int64_t before, size_t keep_successes) const {
    if (one.time >= before || one.is_held || one.has_live_claim) return true;
    if (one.state == DeploymentState::in_progress) return true;
    const bool is_superseded = std::ranges::any_of(known_, [&](const Known& other) {
      return other.id > one.id && other.environment == one.environment && other.task == one.task &&
             other.state == DeploymentState::success;
    });
    const bool is_unfinished =
        !one.state || one.state == DeploymentState::queued || one.state == DeploymentState::pending;
    const bool is_live = one.state == DeploymentState::success;
    if ((is_unfinished || is_live) && !is_superseded) return true;
    return std::ranges::any_of(one.succeeded_in, [&](const std::string& environment) {
      const auto newer = std::ranges::count_if(known_, [&](const Known& other) {
        return other.id > one.id && other.succeeded_in.contains(environment);
      });
      return static_cast<size_t>(newer) < keep_successes;
    });
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
