#include "store/audit.h"

#include <doctest/doctest.h>

#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::at;
using test::for_each_engine;
using test::Sample;

TEST_CASE("insert_audit: one row with the actor, action, target and request") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Sample s(tx);
      core::Token token;
      token.id = TokenId{12};
      const auto actor = core::Actor::by_token(s.ada, token).in_request("request-1");
      store::insert_audit(tx, actor, {"hook.create", s.repository.id, 34, R"({"url":"x"})"}, at(5));
      store::insert_audit(tx, core::Actor::local_administrator("root"),
                          {"account.create", std::nullopt, 1}, at(6));
      auto rows = tx.all(
          "select at, action, actor_id, actor_token_id, repository_id, target_id, request_id, "
          "detail, system_user from audit order by id",
          {}, [](const sql::Row& row) {
            std::string text = std::to_string(row.integer(0) - to_micros(at(0)));
            for (int i = 1; i < 9; ++i) {
              text += "|" + (row.is_null(i) ? "null" : std::string(row.text(i)));
            }
            return text;
          });
      REQUIRE(rows.size() == 2);
      CHECK(rows[0] == "5|hook.create|" + std::to_string(s.ada.id.value) + "|12|" +
                           std::to_string(s.repository.id.value) +
                           R"(|34|request-1|{"url":"x"}|null)");
      CHECK(rows[1] == "6|account.create|null|null|null|1||{}|root");
    });
  });
}
