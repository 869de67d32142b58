#include "app/members.h"

#include <doctest/doctest.h>

#include "app/blocking.h"
#include "app/teams.h"
#include "core/operations/code.h"
#include "core/operations/people.h"
#include "support/app_fixture.h"

using namespace esclusa;
using core::MemberRole;
using test::AppFixture;
using test::must;

namespace {

/// An organization `works` with the owner ada and the member bob; and another account.
struct MemberFixture : AppFixture {
  app::OrganizationAccess make_works() {
    for (const char* login : {"bob", "carla"}) {
      must(app::create_account(context, administrator, {.login = login, .human = ""}));
    }
    must(app::create_account(
        context, administrator,
        {.login = "works", .kind = core::AccountKind::organization, .human = ""}));
    must(app::set_member(context, administrator, "works", "ada", "admin"));
    must(app::set_member(context, administrator, "works", "bob", "member"));
    const core::Actor ada = log_in("ada", "admin:org");
    return must(read([&](store::Reader& db) {
      return app::enter(db, ada, app::OrganizationPlace("Works"), core::operations::set_membership);
    }));
  }
  Result<core::Member> get(const std::string& login) {
    return read([&](store::Reader& db) { return app::get_member(db, works, login); });
  }

  app::OrganizationAccess works = make_works();
};

/// The reason of a refusal; empty for a success.
template <class T>
std::string reason(const Result<T>& result) {
  if (result) return "";
  if (result.error().code == ErrorCode::not_found) return "not found";
  return result.error().reason_code;
}

}  // namespace

TEST_CASE("set_member: makes a user or bot a member at once") {
  MemberFixture app;
  const auto made = must(app::set_member(app.context, app.works, "CARLA", MemberRole::member));
  CHECK(made.account.login == "carla");
  CHECK(must(app.get("carla")).role == MemberRole::member);
  must(app::set_member(app.context, app.works, "carla", MemberRole::admin));
  CHECK(must(app.get("carla")).role == MemberRole::admin);
  CHECK(app.audits().back().detail == "{\"login\":\"carla\",\"role\":\"admin\"}");
  CHECK(reason(app::set_member(app.context, app.works, "works", MemberRole::member)) ==
        "not_a_member");
  CHECK(reason(app::set_member(app.context, app.works, "none", MemberRole::member)) == "not found");
  CHECK(reason(app.get("none")) == "not found");
}

TEST_CASE("set_member, remove_member: the last owner remains an owner") {
  MemberFixture app;
  auto demote = [&] {
    return reason(app::set_member(app.context, app.works, "ada", MemberRole::member));
  };
  CHECK(demote() == "last_owner");
  CHECK(reason(app::remove_member(app.context, app.works, "ada")) == "last_owner");
  CHECK(must(app.get("ada")).role == MemberRole::admin);
  must(app::set_member(app.context, app.works, "ada", MemberRole::admin));
  must(app::set_member(app.context, app.works, "bob", MemberRole::admin));
  CHECK(demote().empty());
  CHECK(reason(app::set_member(app.context, app.works, "bob", MemberRole::member)) == "last_owner");
  CHECK(reason(app::remove_member(app.context, app.works, "ada")).empty());
}

TEST_CASE("set_member, remove_member: blocked owners and bots do not count as owners") {
  MemberFixture app;
  must(app::create_account(app.context, app.administrator,
                           {.login = "ci", .kind = core::AccountKind::bot, .human = "carla"}));
  for (const char* login : {"bob", "ci"}) {
    must(app::set_member(app.context, app.works, login, MemberRole::admin));
  }
  must(app::block_account(app.context, app.administrator, "bob"));
  CHECK(reason(app::remove_member(app.context, app.works, "ada")) == "last_owner");
  CHECK(reason(app::set_member(app.context, app.works, "ada", MemberRole::member)) == "last_owner");
  CHECK(must(app::block_account(app.context, app.administrator, "ada")).without_owner ==
        std::vector<std::string>{"works"});
  must(app::unblock_account(app.context, app.administrator, "ada"));
  CHECK(reason(app::remove_member(app.context, app.works, "ci")).empty());
  CHECK(reason(app::set_member(app.context, app.works, "bob", MemberRole::member)).empty());
  must(app::set_member(app.context, app.works, "carla", MemberRole::admin));
  CHECK(reason(app::remove_member(app.context, app.works, "ada")).empty());
}

TEST_CASE("remove_member: the roles of the member's teams end at once") {
  MemberFixture app;
  app::NewRepository input;
  input.owner = "works";
  input.name = "shop";
  must(app::create_repository(app.context, app.administrator, input));
  core::NewTeam team;
  team.name = "Ops";
  team.maintainers = {"bob"};
  team.repo_names = {"works/shop"};
  must(app::create_team(app.context, app.works, team));
  const auto bob = app.log_in("bob");
  auto opens = [&] {
    return reason(app.read([&](store::Reader& db) {
      return app::enter(db, bob, app::RepositoryName{"works", "shop"},
                        core::operations::get_repository);
    }));
  };
  CHECK(opens().empty());
  must(app::remove_member(app.context, app.works, "bob"));
  CHECK(opens() == "not found");
  CHECK(reason(app.get("bob")) == "not found");
  CHECK(reason(app.read([&](store::Reader& db) {
          return app::get_team_membership(db, app.works, "ops", "bob");
        })) == "not found");
  CHECK(reason(app::remove_member(app.context, app.works, "bob")) == "not found");
  CHECK(app.audits("organization.remove_member").size() == 1);
}

TEST_CASE("list_members: by login, all or those with a role") {
  MemberFixture app;
  auto list = [&](std::optional<MemberRole> role) {
    std::string all;
    const auto members = must(
        app.read([&](store::Reader& db) { return app::list_members(db, app.works, role, {}); }));
    for (const auto& account : members.items) {
      all += account.login + " ";
    }
    return all;
  };
  CHECK(list({}) == "ada bob ");
  CHECK(list(MemberRole::admin) == "ada ");
  CHECK(list(MemberRole::member) == "bob ");
}
