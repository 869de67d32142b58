#include "store/deployments.h"

#include <doctest/doctest.h>

#include "core/deployment_status.h"
#include "store/deployment_statuses.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::DeploymentState;
using test::at;
using test::for_each_engine;
using test::found;
using test::Sample;

namespace {

std::vector<DeploymentId> ids(const std::vector<core::Deployment>& deployments) {
  std::vector<DeploymentId> result;
  for (const auto& deployment : deployments) result.push_back(deployment.id);
  return result;
}

using Ids = std::vector<DeploymentId>;

/// The ids that the filter finds, on one big page.
Ids find_all(sql::Reader& db, const Sample& s, const core::DeploymentFilter& filter) {
  auto listing = store::list_deployments(db, s.repository.id, filter, {1, 100});
  CHECK(listing.total_count == static_cast<int64_t>(listing.items.size()));
  return ids(listing.items);
}

const std::string sha_b(40, 'b');

}  // namespace

TEST_CASE("insert_deployment: keeps every field") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Deployment given;
      given.repository_id = s.repository.id;
      given.environment = s.environment(tx, "Staging");
      given.ref = "feature/ä";
      given.sha = sha_b;
      given.task = "deploy:migrations";
      given.payload = R"({"a": [1, "\u0000"]})";
      given.description = "";
      given.creator = s.ada;
      given.transient_environment = true;
      given.production_environment = true;
      given.created_at = at(4);
      const DeploymentId id = store::insert_deployment(tx, given, s.actor);
      const auto read = found(store::find_deployment(tx, s.repository.id, id));
      CHECK(read.id == id);
      CHECK(read.repository_id == s.repository.id);
      CHECK(read.environment.id == given.environment.id);
      CHECK(read.environment.name == "Staging");
      CHECK(read.original_environment.name == "Staging");
      CHECK(read.ref == given.ref);
      CHECK(read.sha == given.sha);
      CHECK(read.task == given.task);
      CHECK(read.payload == given.payload);
      CHECK(read.description == "");
      CHECK(read.creator.login == "ada");
      CHECK(read.transient_environment);
      CHECK(read.production_environment);
      CHECK(read.phase == core::DeploymentPhase::released);
      CHECK_FALSE(read.state.has_value());
      CHECK(read.created_at == at(4));
      CHECK(read.updated_at == at(4));
    });
  });
}

TEST_CASE("insert_deployment: an absent description stays absent, and flags stay false") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto read = s.deployment(tx, "staging");
      CHECK_FALSE(read.description.has_value());
      CHECK_FALSE(read.transient_environment);
      CHECK_FALSE(read.production_environment);
    });
  });
}

TEST_CASE("insert_deployment: the row has the token, and the human who answers for it") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Account bot;
      bot.login = "ci[bot]";
      bot.kind = core::AccountKind::bot;
      bot.human_id = s.ada.id;
      bot.id = found(store::insert_account(tx, bot));
      core::Token token;
      token.id = TokenId{77};
      const auto actor = core::Actor::by_token(bot, token);
      core::Deployment given = s.deployment(tx, "staging");
      given.creator = bot;
      const DeploymentId id = store::insert_deployment(tx, given, actor);
      CHECK(tx.number("select creator_id from deployment where id = $1", {id.value}) ==
            bot.id.value);
      CHECK(tx.number("select creator_token_id from deployment where id = $1", {id.value}) == 77);
      CHECK(tx.number("select creator_human_id from deployment where id = $1", {id.value}) ==
            s.ada.id.value);
      CHECK(tx.number("select released_at from deployment where id = $1", {id.value}) ==
            to_micros(given.created_at));
    });
  });
}

TEST_CASE("insert_deployment: a held one has no release time") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Deployment held = s.deployment(tx, "staging");
      held.phase = core::DeploymentPhase::held;
      const DeploymentId id = store::insert_deployment(tx, held, s.actor);
      CHECK(found(store::find_deployment(tx, s.repository.id, id)).phase ==
            core::DeploymentPhase::held);
      CHECK(tx.number("select count(*) from deployment where released_at is null") == 1);
    });
  });
}

TEST_CASE("find_deployment: not found through another repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const auto deployment = s.deployment(tx, "staging");
      CHECK_FALSE(store::find_deployment(tx, other.repository.id, deployment.id).has_value());
      CHECK_FALSE(store::find_deployment(tx, s.repository.id, DeploymentId{999}).has_value());
    });
  });
}

TEST_CASE("list_deployments: newest first, and none of another repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const auto first = s.deployment(tx, "staging");
      other.deployment(tx, "staging");
      const auto second = s.deployment(tx, "production");
      CHECK(find_all(tx, s, {}) == Ids{second.id, first.id});
    });
  });
}

TEST_CASE("list_deployments: each filter by itself, and all of them together") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx), other(tx, "other");
      const auto plain = s.deployment(tx, "staging");
      const auto by_ref = s.deployment(tx, "staging", "topic");
      const auto by_task = s.deployment(tx, "staging", "main", "rollback");
      const auto by_sha = s.deployment(tx, "staging", "main", "deploy", sha_b);
      const auto by_environment = s.deployment(tx, "Production");
      const auto all = s.deployment(tx, "production", "topic", "rollback", sha_b);
      other.deployment(tx, "production", "topic", "rollback", sha_b);

      CHECK(find_all(tx, s, {sha_b, "", "", ""}) == Ids{all.id, by_sha.id});
      CHECK(find_all(tx, s, {"", "topic", "", ""}) == Ids{all.id, by_ref.id});
      CHECK(find_all(tx, s, {"", "", "rollback", ""}) == Ids{all.id, by_task.id});
      CHECK(find_all(tx, s, {"", "", "", "production"}) == Ids{all.id, by_environment.id});
      CHECK(find_all(tx, s, {"", "", "", "PRODUCTION"}) == Ids{all.id, by_environment.id});
      CHECK(find_all(tx, s, {"", "topic", "", "staging"}) == Ids{by_ref.id});
      CHECK(find_all(tx, s, {sha_b, "topic", "rollback", "production"}) == Ids{all.id});
      CHECK(find_all(tx, s, {"", "", "deploy", "staging"}) == Ids{by_sha.id, by_ref.id, plain.id});
      CHECK(find_all(tx, s, {"", "", "", "unheard of"}).empty());
      CHECK(find_all(tx, s, {"", "TOPIC", "", ""}).empty());
      CHECK(find_all(tx, s, {"", "' or 1=1 --", "", ""}).empty());
      CHECK(find_all(tx, s, {sha_b.substr(0, 10), "", "", ""}).empty());
    });
  });
}

TEST_CASE("list_deployments: created from one time on, and before another") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      s.deployment(tx, "staging");  // created at(0)
      auto count = [&](std::optional<Timestamp> from, std::optional<Timestamp> until) {
        core::DeploymentFilter filter;
        filter.created = {from, until};
        return store::list_deployments(tx, s.repository.id, filter, {}).total_count;
      };
      CHECK(count(at(0), {}) == 1);
      CHECK(count(at(1), {}) == 0);
      CHECK(count({}, at(1)) == 1);
      CHECK(count({}, at(0)) == 0);
    });
  });
}

TEST_CASE("list_deployments: pages do not overlap, and each has the total count") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      Ids newest_first;
      for (int i = 0; i < 7; ++i) {
        newest_first.insert(newest_first.begin(), s.deployment(tx, "staging").id);
      }
      Ids seen;
      for (int number = 1; number <= 3; ++number) {
        auto page = store::list_deployments(tx, s.repository.id, {}, {number, 3});
        CHECK(page.total_count == 7);
        CHECK(page.items.size() == (number < 3 ? 3 : 1));
        for (DeploymentId id : ids(page.items)) seen.push_back(id);
      }
      CHECK(seen == newest_first);
      CHECK(store::list_deployments(tx, s.repository.id, {}, {4, 3}).items.empty());
      CHECK(store::list_deployments(tx, s.repository.id, {}, {2'000'000'000, 100}).items.empty());
      auto filtered = store::list_deployments(tx, s.repository.id, {"", "main", "", ""}, {2, 5});
      CHECK(filtered.total_count == 7);
      CHECK(filtered.items.size() == 2);
    });
  });
}

TEST_CASE("list_made_inactive: the same as the rule finds among all deployments, oldest first") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      std::vector<DeploymentId> made;
      for (int i = 0; i < 64; ++i) {
        core::Deployment given = s.deployment(tx, i % 5 == 0 ? "production" : "staging");
        given.transient_environment = i % 4 == 1;
        given.production_environment = i % 8 >= 4;
        given.id = store::insert_deployment(tx, given, s.actor);
        if (i % 3 != 0) s.status(tx, given, DeploymentState::success);
        if (i % 7 == 0) s.status(tx, given, DeploymentState::failure);
        made.push_back(given.id);
      }
      const auto all = store::list_deployments(tx, s.repository.id, {}, {1, 1000}).items;
      size_t found_count = 0;
      for (const DeploymentId id : made) {
        const auto newer = found(store::find_deployment(tx, s.repository.id, id));
        Ids expected;
        for (const core::Deployment& older : all) {
          if (core::is_made_inactive_by(older, newer)) expected.insert(expected.begin(), older.id);
        }
        CHECK(ids(store::list_made_inactive(tx, newer)) == expected);
        found_count += expected.size();
      }
      CHECK(found_count > 100);
    });
  });
}

TEST_CASE("is_only_deployment: counts in the deployment's present environment") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto staging = s.deployment(tx, "staging");
      s.deployment(tx, "production");
      CHECK(store::is_only_deployment(tx, staging));
      const auto second = s.deployment(tx, "staging");
      CHECK_FALSE(store::is_only_deployment(tx, staging));
      CHECK_FALSE(store::is_only_deployment(tx, second));
      store::delete_deployment(tx, second.id);
      CHECK(store::is_only_deployment(tx, staging));
    });
  });
}

TEST_CASE("delete_deployment: deletes its statuses; events stay, and ids are not reused") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      const auto kept = s.deployment(tx, "staging");
      s.status(tx, kept, DeploymentState::queued);
      const auto gone = s.deployment(tx, "staging");
      const auto status = s.status(tx, gone, DeploymentState::queued);
      core::Event event = s.event("deployment");
      event.deployment_id = gone.id;
      store::insert_event(tx, event, "{}", s.actor);

      store::delete_deployment(tx, gone.id);
      CHECK_FALSE(store::find_deployment(tx, s.repository.id, gone.id).has_value());
      CHECK_FALSE(store::find_status(tx, gone.id, status.id).has_value());
      CHECK(store::find_deployment(tx, s.repository.id, kept.id).has_value());
      CHECK(store::list_statuses(tx, kept.id, {}).total_count == 1);
      CHECK(tx.number("select count(*) from event where deployment_id = $1", {gone.id.value}) == 1);

      const auto next = s.deployment(tx, "staging");
      CHECK(next.id > gone.id);
      CHECK(s.status(tx, next, DeploymentState::queued).id > status.id);
    });
  });
}

TEST_CASE("next_event_no: counts from 1 per deployment, and a rollback frees its numbers") {
  for_each_engine([](sql::Database& db) {
    auto [one, two] = test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      return std::pair(s.deployment(tx, "staging").id, s.deployment(tx, "staging").id);
    });
    test::write(db, [&](sql::Writer& tx) {
      CHECK(store::next_event_no(tx, one) == 1);
      CHECK(store::next_event_no(tx, one) == 2);
      CHECK(store::next_event_no(tx, two) == 1);
    });
    auto refused = db.write([&](sql::Writer& tx) -> Result<void> {
      CHECK(store::next_event_no(tx, one) == 3);
      return fail(ErrorCode::conflict, "no");
    });
    CHECK_FALSE(refused.has_value());
    test::write(db, [&](sql::Writer& tx) { CHECK(store::next_event_no(tx, one) == 3); });
  });
}
