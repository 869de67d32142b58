#include "app/agents_seen.h"

#include <doctest/doctest.h>

#include "core/operations/server.h"
#include "store/agents_seen.h"
#include "support/claim_fixture.h"
#include "support/observed_database.h"
#include "support/reason.h"

using namespace esclusa;
using test::ClaimFixture;
using test::found;
using test::must;
using namespace std::chrono_literals;
namespace operations = core::operations;

namespace {

/// A database without space.
class FullDatabase : public test::WrappingDatabase {
 public:
  explicit FullDatabase(sql::Database& real) : WrappingDatabase(real) {}

 private:
  Result<void> do_read(const ReadWork&) override { return fail(ErrorCode::unavailable, "full"); }
  Result<void> do_write(const WriteWork&) override { return fail(ErrorCode::unavailable, "full"); }
};

struct Fixture : ClaimFixture {
  void note(const core::Actor& actor, const core::Operation& operation,
            const std::string& address = "10.0.0.7") {
    seen.note(actor, operation, address, "esclusa/1", now);
  }
  /// Writes what was noted; how many transactions that took.
  size_t flush() {
    test::ObservedDatabase counting(context.database, [this](auto&, std::string_view sql, auto) {
      written += sql.contains("into agent_seen");
    });
    written = 0;
    seen.flush(counting);
    return written;
  }
  std::optional<core::AgentSeen> row(const core::MintedAgentToken& minted) {
    return must(
        read([&](store::Reader& db) { return store::find_agent_seen(db, minted.grant.token.id); }));
  }

  app::AgentsSeen seen;
  size_t written = 0;
  const core::MintedAgentToken minted = mint();
  const core::Actor agent = must(authenticate(minted));
};

}  // namespace

TEST_CASE("agents seen: a row is written every 30 seconds at most, with what came last") {
  Fixture app;
  CHECK(app.flush() == 0);
  app.note(app.agent, operations::create_claim);
  CHECK_FALSE(app.row(app.minted));  // no request waits for a commit
  CHECK(app.flush() == 1);
  CHECK(found(app.row(app.minted)).last_action == "create_claim");
  CHECK(found(app.row(app.minted)).last_seen_at == app.now);

  const Timestamp first = app.now;
  app.now += 20s;
  app.note(app.agent, operations::renew_claim, "10.0.0.8");
  CHECK(app.flush() == 0);
  CHECK(found(app.row(app.minted)).last_seen_at == first);
  app.now += 10s;
  app.note(app.agent, operations::renew_claim, "10.0.0.8");
  app.note(app.agent, operations::renew_claim, "10.0.0.8");
  CHECK(app.flush() == 1);
  const auto row = found(app.row(app.minted));
  CHECK(row.last_seen_at == app.now);
  CHECK(row.address == "10.0.0.8");
  CHECK(row.version == "esclusa/1");
  CHECK(row.last_action == "renew_claim");
  CHECK_FALSE(row.feed_read_at);
}

TEST_CASE("agents seen: the first read of the feed is written at once, and stays known") {
  Fixture app;
  app.note(app.agent, operations::create_claim);
  app.flush();
  app.now += 1s;
  const Timestamp read_at = app.now;
  app.note(app.agent, operations::read_events);
  CHECK(app.flush() == 1);
  CHECK(found(app.row(app.minted)).feed_read_at == read_at);
  app.now += 40s;
  app.seen.note_follows(app.agent, app.now);
  CHECK(app.flush() == 1);
  const auto row = found(app.row(app.minted));
  CHECK(row.feed_read_at == app.now);
  // An open stream says these no more.
  CHECK(row.address == "10.0.0.7");
  CHECK(row.version == "esclusa/1");
}

TEST_CASE("agents seen: of a token of an account only what agents do counts") {
  Fixture app;
  const core::Actor ada = app.log_in("ada");
  app.note(ada, operations::list_deployments);
  app.note(core::Actor::nobody(), operations::read_events);
  CHECK(app.flush() == 0);
  app.note(ada, operations::read_repository_events);
  CHECK(app.flush() == 1);
  const auto listed =
      must(app.read([](store::Reader& db) { return store::list_account_tokens_seen(db, 10); }));
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].account == "ada");
  CHECK(found(listed[0].seen).last_action == "read_repository_events");
}

TEST_CASE("agents seen: what cannot be written is kept, and a revoked token is not written") {
  Fixture app;
  app.note(app.agent, operations::create_claim);
  {
    FullDatabase full(app.context.database);
    app.seen.flush(full);
  }
  CHECK(app.flush() == 1);
  must(app::revoke_agent_token(app.context, app.administrator, app.minted.grant.token.id));
  CHECK(app.row_count("agent_seen") == 0);
  app.now += 60s;
  app.note(app.agent, operations::renew_claim);
  app.flush();
  CHECK(app.row_count("agent_seen") == 0);
}

TEST_CASE("list_agents: all for site administrators, and those of a repository for its own") {
  Fixture app;
  app.note(app.agent, operations::create_claim);
  app.note(app.log_in("ada"), operations::read_events);
  app.flush();
  must(app::create_account(app.context, app.administrator,
                           {.login = "chief", .site_admin = true, .human = ""}));
  const auto list_as = [&](const core::Actor& actor) {
    return app.read([&](store::Reader& db) { return app::list_agents(db, actor); });
  };
  CHECK(must(list_as(app.log_in("chief"))).size() == 2);
  CHECK(test::reason(list_as(app.log_in("ada"))) == "not_site_admin");
  CHECK(test::reason(list_as(core::Actor::nobody())) == "not_site_admin");
  const auto of_repository =
      must(app.read([&](store::Reader& db) { return app::list_agents(db, app.ada); }));
  REQUIRE(of_repository.size() == 1);
  CHECK(of_repository[0].name == "web-1");
}
