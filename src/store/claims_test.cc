#include "store/claims.h"

#include <doctest/doctest.h>

#include "store/environments.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::ClaimEnd;
using core::ClaimState;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;
using namespace std::chrono_literals;

namespace {

core::DeploymentClaim some_claim(sql::Writer& tx, const Sample& s,
                                 const core::Deployment& deployment,
                                 const BootTime& boot = {"boot-1", 1h}) {
  core::DeploymentClaim claim;
  claim.deployment_id = deployment.id;
  claim.repository_id = s.repository.id;
  claim.owner = s.ada;
  claim.token_id = TokenId{4};
  claim.seconds = 60s;
  claim.claimed_at = at(7);
  claim.beat = {at(7), boot};
  claim.id = store::insert_claim(tx, claim);
  return claim;
}

std::vector<int64_t> due(sql::Reader& db, const core::GateTime& now, int count = 10) {
  std::vector<int64_t> ids;
  for (const auto& one : store::list_due_claims(db, now, count)) ids.push_back(one.id.value);
  return ids;
}

}  // namespace

TEST_CASE("claims: every field is kept, and what changes changes") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "production"),
                 other = s.deployment(tx, "production");
      auto claim = some_claim(tx, s, deployment);
      const auto read = [&] { return found(store::find_claim(tx, deployment.id, claim.id)); };
      CHECK(read().deployment_id == deployment.id);
      CHECK(read().repository_id == s.repository.id);
      CHECK(read().owner.login == "ada");
      CHECK_FALSE(read().agent_token_id);
      CHECK(read().agent == "");
      CHECK(read().token_id == TokenId{4});
      CHECK(read().seconds == 60s);
      CHECK(read().state == ClaimState::claimed);
      CHECK(read().claimed_at == at(7));
      CHECK(read().beat.wall == at(7));
      CHECK(read().beat.boot.boot_id == "boot-1");
      CHECK(read().beat.boot.since_boot == 1h);
      CHECK_FALSE(read().end_reason);
      CHECK_FALSE(store::find_claim(tx, other.id, claim.id));

      claim.beat = {at(9), {"boot-2", 2h}};
      store::save_beat(tx, claim);
      CHECK(read().beat.wall == at(9));
      CHECK(read().beat.boot.boot_id == "boot-2");
      store::start_claim(tx, claim.id, at(10));
      CHECK(read().state == ClaimState::started);
      CHECK(read().started_at == at(10));
      CHECK(store::note_secrets_given(tx, claim.id, at(11)));
      CHECK_FALSE(store::note_secrets_given(tx, claim.id, at(12)));
      CHECK(read().secrets_given_at == at(11));
      CHECK(store::end_claim(tx, deployment.id, ClaimEnd::expired, at(13)));
      CHECK_FALSE(store::end_claim(tx, deployment.id, ClaimEnd::status, at(14)));
      CHECK(read().state == ClaimState::ended);
      CHECK(read().ended_at == at(13));
      CHECK(read().end_reason == ClaimEnd::expired);

      const auto next = some_claim(tx, s, deployment);
      CHECK(next.id > claim.id);
      CHECK(found(store::find_latest_claim(tx, deployment.id)).id == next.id);
      CHECK_FALSE(store::find_latest_claim(tx, other.id));
      store::end_claims(tx, s.repository.id, ClaimEnd::repository_removed, at(15));
      CHECK_FALSE(store::note_secrets_given(tx, next.id, at(16)));
      const auto last = found(store::find_claim(tx, deployment.id, next.id));
      CHECK(last.end_reason == ClaimEnd::repository_removed);
    });
  });
}

TEST_CASE("claims: the database itself admits one live claim of a deployment") {
  for_each_engine([](sql::Database& db) {
    const auto twice = db.write([](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "production");
      some_claim(tx, s, deployment);
      some_claim(tx, s, deployment);
    });
    CHECK_FALSE(twice);
  });
}

TEST_CASE("gather_status_facts: the live claim, and whether the environment asks for claims") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto deployment = s.deployment(tx, "production");
      const auto facts = [&] {
        return store::gather_status_facts(tx, deployment.id, deployment.original_environment.id);
      };
      CHECK_FALSE(facts().live);
      CHECK_FALSE(facts().requires_claim);
      auto environment = store::ensure_environment(tx, s.repository.id, "production", at(1));
      environment.requires_claim = true;
      store::save_environment(tx, environment, at(2));
      CHECK(facts().requires_claim);
      const auto claim = some_claim(tx, s, deployment);
      CHECK(facts().live->id == claim.id);
      store::end_claim(tx, deployment.id, ClaimEnd::released, at(9));
      CHECK_FALSE(facts().live);
      store::delete_environment(tx, environment);
      CHECK_FALSE(facts().requires_claim);
    });
  });
}

TEST_CASE("list_due_claims: what has started and passed, by the clock that counts for it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto add = [&](const BootTime& boot, bool is_started = true) {
        const auto claim = some_claim(tx, s, s.deployment(tx, "production"), boot);
        if (is_started) store::start_claim(tx, claim.id, at(8));
        return claim.id.value;
      };
      const auto here = add({"boot-1", 1h}), before = add({"boot-0", 9h}), nameless = add({"", 5h});
      add({"boot-1", 1h}, false);
      add({"boot-1", 2h});
      const Timestamp end = at(7) + 60s;
      const BootTime early{"boot-1", 1h + 60s - 1us}, late{"boot-1", 1h + 60s};
      CHECK(due(tx, {end - 1us, early}).empty());
      CHECK(due(tx, {end - 1us, late}) == std::vector{here});
      CHECK(due(tx, {end - 24h, late}) == std::vector{here});
      CHECK(due(tx, {end, early}) == std::vector{before, nameless});
      CHECK(due(tx, {end, late}) == std::vector{here, before, nameless});
      CHECK(due(tx, {end, {"", 1us}}).size() == 4);
      CHECK(due(tx, {end, late}, 1).size() == 2);
    });
  });
}

TEST_CASE("find_superseding: the newest newer one of the environment and task that is live") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto live = s.deployment(tx, "production");
      s.status(tx, live, DeploymentState::success);
      const auto deployment = s.deployment(tx, "production");
      const auto newer = [&] { return store::find_superseding(tx, deployment); };
      CHECK_FALSE(newer());  // an older one does not supersede
      s.status(tx, s.deployment(tx, "production", "main", "migrate"), DeploymentState::success);
      s.status(tx, s.deployment(tx, "staging"), DeploymentState::success);
      s.status(tx, s.deployment(tx, "production"), DeploymentState::failure);
      s.deployment(tx, "production");
      CHECK_FALSE(newer());
      const auto running = s.deployment(tx, "production");
      s.status(tx, running, DeploymentState::in_progress);
      CHECK(newer() == running.id);
      const auto succeeded = s.deployment(tx, "production");
      s.status(tx, succeeded, DeploymentState::success);
      CHECK(newer() == succeeded.id);
    });
  });
}
