#include "app/token_use.h"

#include <doctest/doctest.h>

#include "support/app_fixture.h"
#include "support/faulty_database.h"

using namespace esclusa;
using test::must;

TEST_CASE("TokenUse: uses that cannot be written are kept, and written later") {
  test::AppFixture app;
  const TokenId token = app.log_in("ada").token()->id;
  app.token_use.flush(app.context.database);
  test::FaultyDatabase faulty(app.context.database);
  faulty.after_write = [](sql::Writer& tx) { tx.execute("insert into nowhere values (1)"); };
  app.token_use.note(token, test::at(7));
  app.token_use.flush(faulty);
  app.token_use.flush(app.context.database);
  const auto owner =
      must(app.read([&](store::Reader& db) { return store::find_token(db, token); }));
  REQUIRE(owner);
  CHECK(owner->token.last_used_at == test::at(7));
}
