#include "app/environment_secrets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>

#include "app/environments.h"
#include "base/limits.h"
#include "store/environment_secrets.h"
#include "store/repositories.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::found;
using test::must;
using namespace std::chrono_literals;

namespace {

/// ada's repository with the environments production and qa.
struct Fixture : test::AppFixture {
  Fixture() {
    for (const char* name : {"production", "qa"}) {
      must(app::put_environment(context, ada, name, {}));
    }
  }

  core::SealedSecret sealed(const std::string& value, const std::string& environment) {
    const auto key = must(app::get_environment_public_key(context, ada, environment));
    return {found(seal_box(key.key, Secret(value))), std::to_string(key.id)};
  }
  std::string put_sealed(const std::string& name, const core::SealedSecret& input,
                         const std::string& environment = "production") {
    const auto put = app::put_environment_secret(context, ada, environment, name, input);
    if (!put) return put.error().reason_code.empty() ? "404" : put.error().reason_code;
    return *put == app::PutSecret::created ? "created" : "replaced";
  }
  std::string put(const std::string& name, const std::string& value,
                  const std::string& environment = "production") {
    return put_sealed(name, sealed(value, environment), environment);
  }
  std::string add_variable(const std::optional<std::string>& name, const std::string& value) {
    return reason(app::create_environment_variable(context, ada, "production", {name, value}));
  }
  std::string change_variable(const std::string& name, const core::VariableInput& input) {
    return reason(app::update_environment_variable(context, ada, "production", name, input));
  }
  static std::string reason(const Result<void>& result) {
    if (result) return "";
    return result.error().reason_code.empty() ? "404" : result.error().reason_code;
  }

  /// `A=value … | B=value …`, or the reason of the refusal.
  std::string open_secrets(const core::SecretNames& names = {},
                           const std::string& environment = "production") {
    const auto opened = write([&](store::Writer& tx) -> Result<core::OpenedSecrets> {
      const auto name = store::ensure_environment_name(tx, ada.repository.id, environment, now);
      return app::open_environment_secrets(tx, context.sealer, name.id, names);
    });
    if (!opened) return opened.error().reason_code;
    std::string text;
    for (const auto& secret : opened->secrets) {
      text += secret.name + "=" + secret.value.reveal() + " ";
    }
    text += "|";
    for (const auto& variable : opened->variables) {
      text += " " + variable.name + "=" + variable.value;
    }
    return text;
  }

  app::RepositoryAccess ada = add_bare("secrets");
};

}  // namespace

TEST_CASE("put_environment_secret: creates and replaces, without regard to case") {
  Fixture app;
  CHECK(app.put("db_url", "one") == "created");
  CHECK(app.put("DB_URL", "two") == "replaced");
  CHECK(app.put("Db_Url", "qa's", "QA") == "created");
  CHECK(app.put("EMPTY", "") == "created");
  CHECK(app.open_secrets() == "DB_URL=two EMPTY= |");
  CHECK(app.open_secrets({}, "qa") == "DB_URL=qa's |");
  const auto listing = must(app.read([&](store::Reader& db) {
    return app::list_environment_secrets(db, app.ada, "Production", {});
  }));
  CHECK(listing.total_count == 2);
  CHECK(listing.items.at(0).name == "DB_URL");
  must(app.read([&](store::Reader& db) {
    return app::get_environment_secret(db, app.ada, "production", "db_url");
  }));
  must(app::delete_environment_secret(app.context, app.ada, "production", "db_URL"));
  CHECK_FALSE(app::delete_environment_secret(app.context, app.ada, "production", "DB_URL"));
  CHECK(app.open_secrets() == "EMPTY= |");
}

TEST_CASE("put_environment_secret: refuses with a reason, and changes nothing") {
  Fixture app;
  const auto right = app.sealed("plain", "production");
  CHECK(app.put("1A", "x") == "invalid_secret_name");
  CHECK(app.put("GITHUB_TOKEN", "x") == "invalid_secret_name");
  CHECK(app.put("A", std::string(limits::secret_bytes + 1, 'x')) == "secret_too_large");
  CHECK(app.put("A", std::string(limits::secret_bytes, 'x')) == "created");
  CHECK(app.put("B", "\xff") == "secret_not_utf8");
  CHECK(app.put("B", std::string("\0", 1)) == "secret_has_nul");
  for (const char* id : {"", "0", "999", "x", "1x", "01"}) {
    CAPTURE(id);
    CHECK(app.put_sealed("B", {right.box, id}) == "unknown_key");
  }
  CHECK(app.put_sealed("B", {right.box + "x", right.key_id}) == "cannot_decrypt");
  CHECK(app.put_sealed("B", {"short", right.key_id}) == "cannot_decrypt");
  // Sealed for another environment's key, under its id or under the right one.
  const auto foreign = app.sealed("plain", "qa");
  CHECK(app.put_sealed("B", foreign) == "unknown_key");
  CHECK(app.put_sealed("B", {foreign.box, right.key_id}) == "cannot_decrypt");
  CHECK(app.put_sealed("B", right, "nowhere") == "404");
  CHECK(app.row_count("environment_secret") == 1);
  CHECK(app.audits("environment_secret").size() == 1);
}

TEST_CASE("environment secrets and variables: a hundred of each, and no more") {
  Fixture app;
  for (size_t i = 0; i < limits::environment_secrets; ++i) {
    REQUIRE(app.put("S" + std::to_string(i), "x") == "created");
    REQUIRE(app.add_variable("V" + std::to_string(i), "x") == "");
  }
  CHECK(app.put("ONE_MORE", "x") == "too_many_secrets");
  CHECK(app.put("S0", "y") == "replaced");
  CHECK(app.put("ONE_MORE", "x", "qa") == "created");
  CHECK(app.add_variable("ONE_MORE", "x") == "too_many_variables");
  CHECK(app.add_variable("V0", "x") == "already_exists");
  must(app::delete_environment_variable(app.context, app.ada, "production", "v0"));
  CHECK(app.add_variable("ONE_MORE", "x") == "");
}

TEST_CASE("environment variables: create, change, rename and delete") {
  Fixture app;
  CHECK(app.add_variable("region", "eu") == "");
  const auto again =
      app::create_environment_variable(app.context, app.ada, "production", {"REGION", "us"});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::conflict);
  CHECK(again.error().message == "Already exists - Variable already exists");
  CHECK(app.add_variable("9", "x") == "invalid_variable_name");
  CHECK(app.add_variable("A", std::string(limits::variable_bytes + 1, 'x')) ==
        "variable_too_large");
  CHECK(app.add_variable("OTHER", "") == "");
  CHECK(app.change_variable("Region", {{}, "us"}) == "");
  CHECK(app.change_variable("REGION", {"zone", {}}) == "");
  CHECK(app.change_variable("zone", {"ZONE", {}}) == "");
  CHECK(app.change_variable("zone", {}) == "");
  CHECK(app.change_variable("ZONE", {"OTHER", {}}) == "already_exists");
  CHECK(app.change_variable("ZONE", {"a b", {}}) == "invalid_variable_name");
  CHECK(app.change_variable("REGION", {{}, "x"}) == "404");
  CHECK(app.open_secrets() == "| OTHER= ZONE=us");
  CHECK(app::delete_environment_variable(app.context, app.ada, "production", "zone"));
  CHECK_FALSE(app::delete_environment_variable(app.context, app.ada, "production", "zone"));
  CHECK(app.audits("environment_variable").size() == 6);
}

TEST_CASE("environment secrets: the audit log names what was changed, and has no value") {
  Fixture app;
  app.put("TOKEN", "canary-one");
  app.add_variable("REGION", "canary-two");
  app.change_variable("REGION", {{}, "canary-three"});
  auto rows = app.audits("environment_secret.");
  std::ranges::move(app.audits("environment_variable."), std::back_inserter(rows));
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) {
    CHECK_FALSE(row.detail.contains("canary"));
    CHECK(row.detail.contains("production"));
  }
  CHECK(rows[0].detail.contains("TOKEN"));
  CHECK(rows[2].detail.contains("REGION"));
}

TEST_CASE("open_environment_secrets: what is asked for, in any case; a refusal names the rest") {
  Fixture app;
  app.put("A", "one");
  app.put("B", "two");
  app.add_variable("C", "three");
  using Names = std::vector<std::string>;
  CHECK(app.open_secrets() == "A=one B=two | C=three");
  CHECK(app.open_secrets({Names{"b"}, Names{}}) == "B=two |");
  CHECK(app.open_secrets({Names{}, std::nullopt}) == "| C=three");
  CHECK(app.open_secrets({Names{"B", "A", "a"}, Names{"c"}}) == "B=two A=one | C=three");
  CHECK(app.open_secrets({Names{"C"}, {}}) == "secret_not_found");
  CHECK(app.open_secrets({{}, Names{"A"}}) == "variable_not_found");
  CHECK(app.open_secrets({}, "qa") == "|");
  must(app.write([](store::Writer& tx) {
    tx.execute("update environment_secret set sealed = 'k9:' || sealed where name = 'A'");
  }));
  CHECK(app.open_secrets() == "secret_unreadable");
  CHECK(app.open_secrets({Names{"B"}, {}}) == "B=two | C=three");
  must(app::delete_environment(app.context, app.ada, "production"));
  CHECK(app.open_secrets() == "|");
  CHECK(app.open_secrets({Names{"B"}, {}}) == "secret_not_found");
  must(app::put_environment(app.context, app.ada, "production", {}));
  CHECK(app.open_secrets() == "|");
}

TEST_CASE("get_environment_public_key: one pair for each environment, made once") {
  Fixture app;
  const auto key = [&](const std::string& name) {
    return must(app::get_environment_public_key(app.context, app.ada, name));
  };
  const auto first = key("production");
  CHECK(first.key.size() == 32);
  CHECK(key("PRODUCTION").id == first.id);
  CHECK(key("qa").key != first.key);
  CHECK(app.row_count("environment_key") == 2);
  CHECK_FALSE(app::get_environment_public_key(app.context, app.ada, "nowhere"));
}

TEST_CASE("remove_repository: its secrets and variables go with it") {
  Fixture app;
  app.put("A", "one");
  app.add_variable("B", "two");
  must(app::remove_repository(app.context, app.administrator, "ada", "secrets"));
  for (const char* table : {"environment_secret", "environment_variable", "environment_key"}) {
    CAPTURE(table);
    CHECK(app.row_count(table) == 0);
  }
}
