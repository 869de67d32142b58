#include "app/collaborators.h"

#include <doctest/doctest.h>

#include "core/operations/code.h"
#include "support/app_fixture.h"
#include "support/reason.h"

using namespace esclusa;
using core::Role;
using test::AppFixture;
using test::must;
using test::reason;

namespace {

/// ada's private repository; bob, who has no role in it; a site administrator and an organization.
struct CollaboratorFixture : AppFixture {
  CollaboratorFixture() : shop(add_bare("shop")) {
    must(app::create_account(context, administrator, {.login = "bob", .human = ""}));
    must(app::create_account(context, administrator,
                             {.login = "chief", .site_admin = true, .human = ""}));
    must(app::create_account(
        context, administrator,
        {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
  }
  /// The role in which the account enters with a token for all scopes.
  Role role_of(const std::string& login) {
    const core::Actor actor = log_in(login);
    const auto entered = read([&](store::Reader& db) {
      return app::enter(db, actor, app::RepositoryName{"ada", "shop"},
                        core::operations::get_repository);
    });
    return entered ? entered->role : Role::none;
  }
  Result<core::Collaborator> get_effective(const std::string& login) {
    return read([&](store::Reader& db) { return app::get_effective_role(db, shop, login); });
  }
  std::string add(const std::string& login, Role role = Role::write) {
    return reason(app::add_collaborator(context, shop, login, role));
  }
  std::string remove(const std::string& login) {
    return reason(app::remove_collaborator(context, shop, login));
  }
  std::string latest_audit() {
    auto rows = audits();
    std::erase_if(rows, [](const auto& row) { return row.action.starts_with("token"); });
    const test::StoredAudit& latest = rows.back();
    return latest.action + " " + std::to_string(latest.target.value()) + " " + latest.detail + "\n";
  }

  app::RepositoryAccess shop;
};

}  // namespace

TEST_CASE("add_collaborator: the role counts at once, changes, and ends; the audit log says so") {
  CollaboratorFixture app;
  CHECK(app.role_of("bob") == Role::none);
  CHECK(app.add("BOB", Role::triage).empty());
  CHECK(app.role_of("bob") == Role::triage);
  const std::string begin = "repository.grant " + std::to_string(app.account("bob").id.value);
  CHECK(app.latest_audit() == begin + " {\"login\":\"bob\",\"role\":\"triage\"}\n");
  CHECK(app.add("bob", Role::admin).empty());
  CHECK(app.role_of("bob") == Role::admin);
  CHECK(app.remove("bob").empty());
  CHECK(app.role_of("bob") == Role::none);
  CHECK(app.latest_audit() == begin + " {\"login\":\"bob\",\"role\":\"none\"}\n");
  CHECK(app.remove("bob") == "not found");
}

TEST_CASE(
    "add_collaborator, remove_collaborator: refuse the owner, organizations, unknown logins") {
  CollaboratorFixture app;
  const auto audits = app.audits().size();
  CHECK(app.add("ada") == "owner_is_no_collaborator");
  CHECK(app.remove("ada") == "owner_is_no_collaborator");
  CHECK(app.add("works") == "not_a_user");
  CHECK(app.add("nobody-there") == "not found");
  CHECK(app.remove("nobody-there") == "not found");
  CHECK(app.audits().size() == audits);
  CHECK(app.role_of("ada") == Role::admin);
}

TEST_CASE("get_collaborator: finds those who were granted a role, also by the command line") {
  CollaboratorFixture app;
  auto get = [&](const std::string& login) {
    return app.read([&](store::Reader& db) { return app::get_collaborator(db, app.shop, login); });
  };
  CHECK(must(get("ada")).role == Role::admin);
  CHECK(reason(get("bob")) == "not found");
  must(app::grant_role(app.context, app.administrator, "ada", "shop", "bob", Role::maintain));
  CHECK(must(get("Bob")).role == Role::maintain);
  CHECK(reason(get("chief")) == "not found");  // has all access, but no grant
  CHECK(reason(get("works")) == "not found");
  const auto listing = must(
      app.read([&](store::Reader& db) { return app::list_collaborators(db, app.shop, {}, {}); }));
  CHECK(listing.total_count == 2);
}

TEST_CASE("get_effective_role: the effective role of any account") {
  CollaboratorFixture app;
  auto role = [&](const std::string& login) { return must(app.get_effective(login)).role; };
  CHECK(role("ada") == Role::admin);
  CHECK(role("chief") == Role::admin);
  CHECK(role("bob") == Role::none);
  app.shop.repository.visibility = core::Visibility::is_public;
  CHECK(role("bob") == Role::read);
  CHECK(reason(app.get_effective("works")) == "not found");
  CHECK(reason(app.get_effective("nobody-there")) == "not found");
}
