#include "store/repeats.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include "store/live.h"
#include "support/database_fixture.h"
#include "support/everyday.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentKind;
using core::DeploymentState;
using test::for_each_engine;
using test::Sample;

namespace {

/// Deployments of one repository, written as one line says it.
struct Releases {
  explicit Releases(sql::Writer& tx) : tx(tx), own(tx) {}

  /// A deployment of the commit of that letter.
  core::Deployment add(char commit, std::optional<core::Repeats> repeats = {},
                       const std::string& environment = "production", bool transient = false) {
    core::Deployment deployment;
    deployment.repository_id = own.repository.id;
    deployment.environment = deployment.original_environment = own.environment(tx, environment);
    deployment.ref = "main";
    deployment.sha = std::string(40, commit);
    deployment.task = "deploy";
    deployment.payload = "{}";
    deployment.creator = own.ada;
    deployment.transient_environment = transient;
    deployment.repeats = repeats;
    deployment.created_at = deployment.updated_at = test::at(0);
    deployment.id = store::insert_deployment(tx, deployment, own.actor);
    return test::found(store::find_deployment(tx, own.repository.id, deployment.id));
  }
  core::Deployment release(char commit, std::optional<core::Repeats> repeats = {}) {
    auto deployment = add(commit, repeats);
    own.status(tx, deployment, DeploymentState::success);
    return deployment;
  }
  core::Deployment roll_back(const core::Deployment& to) {
    return release(to.sha[0], core::Repeats{DeploymentKind::rollback, to.id});
  }
  /// The id of the live before; 0: there is none.
  int64_t before() {
    const auto found = store::find_live_before(tx, own.environment(tx, "production").id, "deploy");
    return found ? found->id.value : 0;
  }

  sql::Writer& tx;
  Sample own;
};

void with_releases(const std::function<void(Releases&)>& use) {
  for_each_engine([&](sql::Database& db) {
    test::write(db, [&](sql::Writer& tx) {
      Releases releases(tx);
      use(releases);
    });
  });
}

/// The plain rule, from all deployments and their statuses in their order.
struct Plain {
  struct Made {
    core::Deployment deployment;
    std::vector<std::tuple<int64_t, DeploymentState, int64_t>> statuses;  ///< id, state, place
  };

  int64_t success_of(const Made& made) const {
    for (auto status = made.statuses.rbegin(); status != made.statuses.rend(); ++status) {
      const auto& [id, state, place] = *status;
      if (place != made.deployment.environment.id.value) return 0;
      if (state == DeploymentState::success) return id;
    }
    return 0;
  }

  /// 0: there is none.
  int64_t before(int64_t environment) const {
    std::vector<const Made*> here;
    for (const auto& [id, made] : all) {
      if (made.deployment.environment.id.value == environment) here.push_back(&made);
    }
    const Made* latest = nullptr;
    for (const Made* made : here) {
      if (made->deployment.transient_environment || success_of(*made) == 0) continue;
      if (latest == nullptr || success_of(*made) > success_of(*latest)) latest = made;
    }
    if (latest == nullptr) return 0;
    // Everything that was live after the origin of a rollback is rolled back.
    int64_t until = success_of(*latest), below = std::numeric_limits<int64_t>::max();
    for (const Made* step = latest;;) {
      const auto& repeats = step->deployment.repeats;
      if (!repeats || repeats->kind != DeploymentKind::rollback) break;
      const auto origin = all.find(repeats->origin.value);
      if (origin == all.end() || origin->second.deployment.environment.id.value != environment) {
        below = repeats->origin.value;
        break;
      }
      step = &origin->second;
      if (success_of(*step) > 0) until = std::min(until, success_of(*step));
    }
    const Made* best = nullptr;
    for (const Made* made : here) {
      const core::Deployment& d = made->deployment;
      const int64_t success = success_of(*made);
      const bool fits = success > 0 && success < until && d.id.value < below &&
                        !d.transient_environment && d.sha != latest->deployment.sha &&
                        d.state != DeploymentState::failure && d.state != DeploymentState::error;
      if (fits && (best == nullptr || success > success_of(*best))) best = made;
    }
    return best == nullptr ? 0 : best->deployment.id.value;
  }

  std::map<int64_t, Made> all;
};

}  // namespace

TEST_CASE("find_live_before: the success before, of another commit") {
  with_releases([](Releases& at) {
    CHECK(at.before() == 0);
    const auto one = at.release('a');
    CHECK(at.before() == 0);
    const auto two = at.release('b');
    CHECK(at.before() == one.id.value);
    at.release('b');  // the same again
    CHECK(at.before() == one.id.value);
    const auto failed = at.add('c');
    at.own.status(at.tx, failed, DeploymentState::failure);
    CHECK(at.before() == one.id.value);
    at.add('d', {}, "production", true);
    at.add('e', {}, "staging");
    CHECK(at.before() == one.id.value);
    at.own.status(at.tx, one, DeploymentState::inactive);
    CHECK(at.before() == one.id.value);
    at.own.status(at.tx, one, DeploymentState::failure);  // it has failed since
    CHECK(at.before() == 0);
    CHECK(two.id.value > 0);
  });
}

TEST_CASE("find_live_before: what ends last is live, whatever was created last") {
  with_releases([](Releases& at) {
    const auto one = at.add('a'), two = at.add('b');
    at.own.status(at.tx, two, DeploymentState::success);
    at.own.status(at.tx, one, DeploymentState::success);
    CHECK(at.before() == two.id.value);
  });
}

TEST_CASE("find_live_before: after a rollback it is further back, and never the bad release") {
  with_releases([](Releases& at) {
    const auto one = at.release('a'), two = at.release('b'), bad = at.release('c');
    CHECK(at.before() == two.id.value);
    const auto back = at.roll_back(two);
    CHECK(at.before() == one.id.value);
    at.roll_back(back);  // a rollback of a rollback
    CHECK(at.before() == one.id.value);
    const auto first = at.roll_back(one);
    CHECK(at.before() == 0);
    const auto good = at.release('d');
    CHECK(at.before() == first.id.value);
    CHECK(bad.id.value < good.id.value);
  });
}

TEST_CASE("find_live_before: of an origin that was deleted, the ids say what was before") {
  with_releases([](Releases& at) {
    const auto one = at.release('a'), two = at.release('b');
    at.release('c');
    at.roll_back(two);
    store::delete_deployment(at.tx, two.id);
    CHECK(at.before() == one.id.value);
  });
}

TEST_CASE("find_live_deployment, has_succeeded, lock_live: what is live now") {
  with_releases([](Releases& at) {
    const auto place = at.own.environment(at.tx, "production").id;
    const auto live = [&] {
      const auto found = store::find_live_deployment(at.tx, place, "deploy");
      CHECK(store::lock_live(at.tx, place, "deploy") ==
            (found ? std::optional(found->id) : std::nullopt));
      return found ? found->id.value : 0;
    };
    CHECK(live() == 0);
    const auto one = at.add('a');
    CHECK(live() == 0);
    CHECK_FALSE(store::has_succeeded(at.tx, one.id));
    at.own.status(at.tx, one, DeploymentState::success);
    CHECK(live() == one.id.value);
    CHECK(store::has_succeeded(at.tx, one.id));
    at.own.status(at.tx, one, DeploymentState::failure);
    CHECK(live() == 0);
    CHECK(store::has_succeeded(at.tx, one.id));
    CHECK_FALSE(store::find_live_deployment(at.tx, place, "migrate"));
  });
}

TEST_CASE("insert_deployment: what it repeats is read again") {
  with_releases([](Releases& at) {
    const auto one = at.release('a');
    CHECK_FALSE(one.repeats);
    for (const auto kind :
         {DeploymentKind::redeploy, DeploymentKind::rollback, DeploymentKind::promotion}) {
      CHECK(at.add('a', core::Repeats{kind, one.id}).repeats == core::Repeats{kind, one.id});
    }
  });
}

TEST_CASE("find_live_before: it is the one of the plain rule, after any history") {
  for_each_engine([](sql::Database& db) {
    for (unsigned seed = 0; seed < (test::is_everyday() ? 4 : 40); ++seed) {
      CAPTURE(seed);
      const auto undone = db.write([&](sql::Writer& tx) -> Result<void> {
        std::mt19937 random(seed);
        const auto pick = [&](size_t count) { return random() % count; };
        Releases at(tx);
        Plain plain;
        const std::string places[] = {"production", "staging"};
        const auto any = [&] { return std::next(plain.all.begin(), pick(plain.all.size())); };
        for (int step = 0; step < 150; ++step) {
          const size_t dice = pick(20);
          if (plain.all.empty() || dice < 5) {
            std::optional<core::Repeats> repeats;
            char commit = static_cast<char>('a' + pick(4));
            if (!plain.all.empty() && pick(2) == 0) {
              const auto& origin = any()->second.deployment;
              repeats = core::Repeats{
                  pick(3) == 0 ? DeploymentKind::redeploy : DeploymentKind::rollback, origin.id};
              commit = origin.sha[0];
            }
            const auto made = at.add(commit, repeats, places[pick(2)], pick(6) == 0);
            plain.all[made.id.value].deployment = made;
          } else if (dice < 19) {
            auto& [deployment, statuses] = any()->second;
            core::DeploymentStatus status;
            status.deployment_id = deployment.id;
            status.repository_id = deployment.repository_id;
            constexpr DeploymentState states[] = {
                DeploymentState::success, DeploymentState::success, DeploymentState::inactive,
                DeploymentState::failure};
            status.state = states[pick(4)];
            status.environment =
                pick(8) == 0 ? at.own.environment(tx, places[pick(2)]) : deployment.environment;
            status.creator = at.own.ada;
            status.created_at = status.updated_at = test::at(0);
            status.id = store::insert_status(tx, deployment, status, at.own.actor);
            deployment.environment = status.environment;
            deployment.state = status.state;
            statuses.emplace_back(status.id.value, status.state, status.environment.id.value);
          } else {
            const auto gone = any();
            store::delete_deployment(tx, {gone->first});
            plain.all.erase(gone);
          }
          for (const std::string& name : places) {
            const auto place = at.own.environment(tx, name).id;
            const auto found = store::find_live_before(tx, place, "deploy");
            CHECK((found ? found->id.value : 0) == plain.before(place.value));
          }
        }
        return fail(ErrorCode::invalid, "the next history begins with an empty store");
      });
      CHECK(!undone);
    }
  });
}
