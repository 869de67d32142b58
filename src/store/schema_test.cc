#include "store/schema.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/ref_intents.h"
#include "store/teams.h"
#include "support/database_engines.h"
#include "support/store_rows.h"

using namespace esclusa;

TEST_CASE("0005_hook_delivery: existing hooks, events and deliveries stay the same") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(4)));
    test::write(db, [](sql::Writer& tx) {
      for (const char* sql :
           {"insert into account (id, login, login_key, kind, created_at, updated_at) "
            "values (5, 'ada', 'ada', 'user', 0, 0)",
            "insert into repository (id, owner_id, name, name_key, path, default_branch, "
            "visibility, writable, auto_merge, created_at, updated_at) values (7, 5, 'shop', "
            "'shop', '/srv/shop.git', 'main', 'public', 1, 'merge', 0, 0)",
            "insert into hook (id, repository_id, url, content_type, insecure_ssl, events, active, "
            "creator_id, created_at, updated_at) values (9, 7, 'http://h/', 'json', 0, '*', 1, 5, "
            "0, 0)",
            "insert into event (id, guid, repository_id, kind, action, event_no, announced, "
            "created_at) values (11, 'one', 7, 'ping', '', 0, 1, 0)",
            "insert into event (id, guid, repository_id, kind, action, event_no, announced, "
            "created_at) values (12, 'two', 7, 'push', '', 0, 1, 0)",
            "insert into event_body (event_id, body) values (11, '{}')",
            "insert into event_body (event_id, body) values (12, '{}')",
            "insert into delivery (id, event_id, hook_id, order_environment_id, state, "
            "next_attempt_at, created_at) values (13, 11, 9, 0, 'pending', 0, 0)",
            "insert into delivery (id, event_id, hook_id, order_environment_id, state, "
            "next_attempt_at, created_at) values (14, 12, 9, 0, 'pending', 0, 0)"}) {
        tx.execute(sql);
      }
    });
    test::must(sql::migrate(db, migrations));
    test::read(db, [](sql::Reader& tx) {
      const core::HookTarget target = RepositoryId{7};
      const auto hook = test::found(store::find_hook(tx, test::sealer(), target, {9}));
      CHECK(hook.target == target);
      CHECK(hook.creator.login == "ada");
      CHECK(hook.retry == core::HookRetry::schedule);
      const auto due = test::list_due(tx, test::at(0));
      REQUIRE(due.size() == 2);
      CHECK(due[1].event.repository_id == RepositoryId{7});
      CHECK(tx.number("select only_hook_id from event where id = 11") == 9);
      CHECK(tx.number("select count(*) from event where id = 12 and only_hook_id is null") == 1);
      CHECK(store::latest_push(tx, {7}) == "{}");
    });
  });
}

TEST_CASE("0010_repository_location: an existing repository stays registered as before") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(9)));
    test::write(db, [](sql::Writer& tx) {
      tx.execute(
          "insert into account (id, login, login_key, kind, created_at, updated_at) "
          "values (5, 'ada', 'ada', 'user', 0, 0)");
      tx.execute(
          "insert into repository (id, owner_id, name, name_key, path, default_branch, "
          "visibility, writable, auto_merge, created_at, updated_at) values (7, 5, 'shop', "
          "'shop', '/srv/shop.git', 'main', 'public', 1, 'merge', 0, 0)");
    });
    test::must(sql::migrate(db, migrations));
    test::read(db, [](sql::Reader& tx) {
      const auto repository = test::found(store::find_repository(tx, "ada", "shop"));
      CHECK(repository.default_branch == "main");
      CHECK(repository.default_branch_source == core::DefaultBranchSource::undecided);
      CHECK(repository.alternates.empty());
      CHECK_FALSE(repository.description.has_value());
      CHECK_FALSE(repository.removed_at.has_value());
    });
  });
}

TEST_CASE("0015_replayed_deliveries: attempts before a pending replay do not count") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(14)));
    test::write(db, [](sql::Writer& tx) {
      for (const char* sql :
           {"insert into account (id, login, login_key, kind, created_at, updated_at) "
            "values (5, 'ada', 'ada', 'user', 0, 0)",
            "insert into hook (id, url, content_type, insecure_ssl, events, active, creator_id, "
            "created_at, updated_at) values (9, 'http://h/', 'json', 0, '*', 1, 5, 0, 0)",
            "insert into event (id, guid, kind, action, event_no, announced, created_at) values "
            "(11, 'one', 'push', '', 0, 1, 0), (12, 'two', 'push', '', 0, 1, 0)",
            "insert into delivery (id, event_id, hook_id, order_environment_id, state, "
            "attempt_count, next_attempt_at, created_at) values "
            "(13, 11, 9, 0, 'held', 0, 0, 0), (14, 12, 9, 0, 'pending', 1, 0, 0)",
            "insert into delivery_attempt (delivery_id, hook_id, attempted_at, duration, "
            "status_code, status, request_headers, response_headers, response_body) values "
            "(13, 9, 0, 0, 400, '', '', '', ''), (14, 9, 0, 0, 400, '', '', '', '')"}) {
        tx.execute(sql);
      }
    });
    test::must(sql::migrate(db, migrations));
    test::read(db, [](sql::Reader& tx) {
      CHECK(store::latest_status_codes(tx, {13}, 2).empty());
      CHECK(store::latest_status_codes(tx, {14}, 2) == std::vector<int>{400});
    });
  });
}

TEST_CASE("0016_kept_settings: existing review settings stay the same") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(15)));
    test::write(db, [](sql::Writer& tx) {
      for (const char* sql :
           {"insert into account (id, login, login_key, kind, created_at, updated_at) "
            "values (5, 'works', 'works', 'organization', 0, 0)",
            "insert into team (id, organization_id, name, slug, description, privacy, created_at, "
            "updated_at) values (3, 5, 'Ops', 'ops', '', 'closed', 0, 0)",
            "insert into repository (id, owner_id, name, name_key, path, default_branch, "
            "visibility, writable, auto_merge, created_at, updated_at) values (7, 5, 'shop', "
            "'shop', '/srv/shop.git', 'main', 'public', 1, 'merge', 0, 0)",
            "insert into environment_name (id, repository_id, name, name_key, created_at) values "
            "(11, 7, 'one', 'one', 0), (12, 7, 'two', 'two', 0)",
            "insert into environment (id, repository_id, environment_name_id, created_at, "
            "updated_at) values (21, 7, 11, 0, 0), (22, 7, 12, 0, 0)",
            "insert into protection_rule (environment_id, kind, required_approvals, "
            "prevent_self_review, created_at) values (21, 'required_reviewers', 2, 1, 0)",
            "insert into protection_rule (environment_id, kind, wait_timer, created_at) values "
            "(21, 'wait_timer', 30, 0), (22, 'wait_timer', 30, 0)"}) {
        tx.execute(sql);
      }
    });
    test::must(sql::migrate(db, migrations));
    test::read(db, [](sql::Reader& tx) {
      const auto one = test::found(store::find_environment(tx, RepositoryId{7}, "one"));
      CHECK(one.reviews.required_approvals == 2);
      CHECK(one.reviews.prevent_self_review);
      const auto two = test::found(store::find_environment(tx, RepositoryId{7}, "two"));
      CHECK(two.reviews.required_approvals == 1);
      CHECK_FALSE(two.reviews.prevent_self_review);
      CHECK(test::found(store::find_team(tx, TeamId{3})).notification_setting ==
            core::TeamNotifications::enabled);
    });
  });
}

TEST_CASE("0017_ref_intents: merges and pushes keep their rows, and audit rows still name them") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(16)));
    // Ids with gaps, as PostgreSQL leaves them, and the same ids in both tables.
    test::write(db, [](sql::Writer& tx) {
      for (const char* sql :
           {"insert into account (id, login, login_key, kind, created_at, updated_at) "
            "values (5, 'ada', 'ada', 'user', 0, 0), (6, 'grace', 'grace', 'user', 0, 0)",
            "insert into repository (id, owner_id, name, name_key, path, default_branch, "
            "visibility, writable, auto_merge, created_at, updated_at) values (7, 5, 'shop', "
            "'shop', '/srv/shop.git', 'main', 'public', 1, 'merge', 0, 0)",
            "insert into deploy_key (id, repository_id, title, public_key, fingerprint, read_only, "
            "added_by_id, created_at) values (9, 7, 'CI', 'k', 'f', 0, 5, 0)",
            "insert into git_intent (id, repository_id, branch, from_sha, to_sha, actor_id, "
            "actor_token_id, request_id, outcome, created_at, settled_at) values "
            "(2, 7, 'refs/heads/a', 'm1', 'm2', 6, 8, 'r1', 'moved', 11, 12), "
            "(4, 7, 'refs/heads/b', 'm3', 'm4', 6, null, 'r2', 'open', 13, null)",
            "insert into pushed_ref (id, session, deploy_key_id, repository_id, ref, from_sha, "
            "to_sha, request_id, outcome, created_at, settled_at) values "
            "(1, 's1', 9, 7, 'refs/heads/c', 'p1', 'p2', 'r3', 'moved', 14, 15), "
            "(2, 's1', 9, 7, 'refs/tags/d', 'p3', 'p4', 'r3', 'open', 14, null), "
            "(4, 's2', 9, 7, 'refs/heads/c', 'p5', 'p6', 'r4', 'moved', 16, 17)",
            "insert into audit (at, action, repository_id, target_id, request_id, detail) values "
            "(12, 'branch.merge', 7, 2, 'r1', '{}'), (15, 'ref.push', 7, 1, 'r3', '{}'), "
            "(17, 'ref.push', 7, 4, 'r4', '{}'), (18, 'deployment.create', 7, 4, 'r5', '{}')"}) {
        tx.execute(sql);
      }
    });
    test::must(sql::migrate(db, migrations));
    test::write(db, [](sql::Writer& tx) {
      std::string rows;
      tx.each("select * from ref_intent order by id", {}, [&](const sql::Row& row) {
        for (int column : {0, 1, 5, 6, 7, 11, 12}) {
          rows += row.is_null(column) ? "- " : std::to_string(row.integer(column)) + " ";
        }
        for (int column : {2, 3, 4, 8, 9, 10}) {
          rows += row.is_null(column) ? "- " : std::string(row.text(column)) + " ";
        }
        rows.back() = '\n';
      });
      CHECK(rows ==
            "1 7 6 8 - 11 12 refs/heads/a m1 m2 - r1 moved\n"
            "2 7 6 - - 13 - refs/heads/b m3 m4 - r2 open\n"
            "3 7 - - 9 14 15 refs/heads/c p1 p2 s1 r3 moved\n"
            "4 7 - - 9 14 - refs/tags/d p3 p4 s1 r3 open\n"
            "5 7 - - 9 16 17 refs/heads/c p5 p6 s2 r4 moved\n");
      const auto named = tx.all(
          "select a.request_id || ' ' || i.to_sha from audit a join ref_intent i on "
          "i.id = a.target_id where a.action in ('branch.merge', 'ref.push') order by a.id",
          {}, [](const sql::Row& row) { return std::string(row.text(0)); });
      CHECK(named == std::vector<std::string>{"r1 m2", "r3 p2", "r4 p6"});
      CHECK(tx.number("select target_id from audit where action = 'deployment.create'") == 4);
      // What was open can be settled, and the next id is new.
      const auto open = store::list_open_ref_intents(tx);
      REQUIRE(open.size() == 2);
      CHECK(open[0].actor.sender().login == "grace");
      CHECK(open[1].actor.deploy_key_id() == DeployKeyId{9});
      CHECK(open[1].sender.login == "ada");
      CHECK(store::insert_ref_intent(tx, open[0]) == RefIntentId{6});
    });
  });
}

namespace {

/// Three environments before 0018_gate_rules: `one` has a rule of each kind, with a reviewer and
/// the verdicts of a deployment; the rule of `two` has no setting; the last rule, of `three`, is
/// gone.
void add_rules_in_columns(sql::Writer& tx) {
  for (const char* sql :
       {"insert into account (id, login, login_key, kind, created_at, updated_at) "
        "values (5, 'ada', 'ada', 'user', 0, 0)",
        "insert into repository (id, owner_id, name, name_key, path, default_branch, visibility, "
        "writable, auto_merge, created_at, updated_at) values (7, 5, 'shop', 'shop', "
        "'/srv/shop.git', 'main', 'public', 1, 'merge', 0, 0)",
        "insert into environment_name (id, repository_id, name, name_key, created_at) values "
        "(11, 7, 'one', 'one', 0), (12, 7, 'two', 'two', 0), (13, 7, 'three', 'three', 0)",
        "insert into environment (id, repository_id, environment_name_id, created_at, updated_at) "
        "values (21, 7, 11, 0, 0), (22, 7, 12, 0, 0), (23, 7, 13, 0, 0)",
        "insert into protection_rule (environment_id, kind, required_approvals, "
        "prevent_self_review, created_at) values (21, 'required_reviewers', 2, 1, 0)",
        "insert into protection_rule (environment_id, kind, wait_timer, created_at) values "
        "(21, 'wait_timer', 30, 0), (22, 'wait_timer', null, 0)",
        "insert into protection_rule (environment_id, kind, branch_policy, created_at) values "
        "(21, 'branch_policy', 'protected_branches', 0), "
        "(23, 'branch_policy', 'custom_branch_policies', 0)",
        "delete from protection_rule where environment_id = 23",
        "insert into required_reviewer (protection_rule_id, position, account_id) "
        "select id, 0, 5 from protection_rule where kind = 'required_reviewers'",
        "insert into deployment (id, repository_id, environment_id, original_environment_id, kind, "
        "ref, sha, task, payload, production_environment, transient_environment, "
        "creator_id, phase, created_at, updated_at) values (31, 7, 11, 11, 'deploy', 'main', "
        "'', 'deploy', '{}', 0, 0, 5, 'held', 0, 0)",
        "insert into deployment_gate (deployment_id, kind, protection_rule_id, state, reason_code, "
        "message, opens_at, judged_at) select 31, kind, id, 'shut', kind, 'why', wait_timer, 0 "
        "from protection_rule where environment_id = 21"}) {
    tx.execute(sql);
  }
}

}  // namespace

TEST_CASE("0018_gate_rules: rules keep ids, settings, reviewers and verdicts") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(17)));
    test::write(db, add_rules_in_columns);
    test::must(sql::migrate(db, migrations));
    test::read(db, [](sql::Reader& tx) {
      const auto one = test::found(store::find_environment(tx, RepositoryId{7}, "one"));
      REQUIRE(one.rules.size() == 3);
      CHECK(one.rules[0].id == ProtectionRuleId{4});
      CHECK(one.find<core::BranchPolicyRule>()->mode == core::BranchPolicyMode::protected_branches);
      CHECK(one.rules[1].id == ProtectionRuleId{2});
      CHECK(one.find<core::WaitTimerRule>()->minutes == 30);
      CHECK(one.rules[2].id == ProtectionRuleId{1});
      const auto* review = one.find<core::RequiredReviewersRule>();
      CHECK(review->required_approvals == 2);
      CHECK(review->prevent_self_review);
      REQUIRE(review->reviewers.size() == 1);
      CHECK(review->reviewers[0].name == "ada");
      const auto verdicts = store::list_verdicts(tx, DeploymentId{31});
      REQUIRE(verdicts.size() == 3);
      CHECK(verdicts[0].rule_id == ProtectionRuleId{4});
      CHECK(verdicts[1].opens_at == from_micros(30));
      CHECK(verdicts[2].message == "why");
      CHECK(verdicts[2].numbers.empty());
      CHECK(store::list_due(tx, from_micros(30), from_micros(30), 5).size() == 1);
      CHECK(store::list_guarded_by_protection(tx, {7}) == std::vector{EnvironmentNameId{11}});
    });
  });
}

TEST_CASE("0018_gate_rules: a rule without its setting stays unreadable; no id is used again") {
  test::for_each_empty_database([](sql::Database& db) {
    const auto migrations = store::migrations();
    test::must(sql::migrate(db, migrations.first(17)));
    test::write(db, add_rules_in_columns);
    test::must(sql::migrate(db, migrations));
    CHECK_THROWS_AS((void)db.read([](sql::Reader& tx) { store::find_environment(tx, {7}, "two"); }),
                    Bug);
    test::write(db, [](sql::Writer& tx) {
      auto three = test::found(store::find_environment(tx, RepositoryId{7}, "three"));
      CHECK(three.rules.empty());
      three.rules = {{{}, core::WaitTimerRule{5}}, {{}, core::WaitTimerRule{10}}};
      store::save_environment(tx, three, test::at(1));
      CHECK(three.rules[0].id == ProtectionRuleId{6});  // the rule 5 was deleted before
    });
  });
}
