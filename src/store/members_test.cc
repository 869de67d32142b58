#include "store/members.h"

#include <doctest/doctest.h>

#include "store/repositories.h"
#include "store/teams.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::add_account;
using test::for_each_engine;

namespace {

std::vector<std::string> logins(const core::Listing<core::Account>& listing) {
  std::vector<std::string> found;
  for (const auto& account : listing.items) found.push_back(account.login);
  return found;
}

}  // namespace

TEST_CASE("set_member: an organization's admins are admins of its repositories, members are not") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto works = add_account(tx, "works", core::AccountKind::organization);
      const auto ada = add_account(tx, "ada");
      const auto repository = test::add_repository(tx, works, "application");
      store::set_member(tx, works.id, ada.id, core::MemberRole::member);
      CHECK(store::find_role(tx, repository, ada.id) == core::Role::none);
      store::set_member(tx, works.id, ada.id, core::MemberRole::admin);
      CHECK(store::find_role(tx, repository, ada.id) == core::Role::admin);
      store::set_member(tx, works.id, ada.id, core::MemberRole::member);
      CHECK(store::find_role(tx, repository, ada.id) == core::Role::none);
      CHECK(tx.number("select count(*) from organization_member") == 1);
    });
  });
}

TEST_CASE("find_member_role: the role in that organization only") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto works = add_account(tx, "works", core::AccountKind::organization);
      const auto other = add_account(tx, "other", core::AccountKind::organization);
      const auto ada = add_account(tx, "ada"), bob = add_account(tx, "bob");
      store::set_member(tx, works.id, ada.id, core::MemberRole::admin);
      store::set_member(tx, works.id, bob.id, core::MemberRole::member);
      CHECK(store::find_member_role(tx, works.id, ada.id) == core::MemberRole::admin);
      CHECK(store::find_member_role(tx, works.id, bob.id) == core::MemberRole::member);
      CHECK_FALSE(store::find_member_role(tx, other.id, ada.id));
      CHECK(store::has_other_owner(tx, works.id, bob.id));
      CHECK_FALSE(store::has_other_owner(tx, works.id, ada.id));
      CHECK_FALSE(store::has_other_owner(tx, other.id, bob.id));
      const auto robot = add_account(tx, "robot", core::AccountKind::bot);
      store::set_member(tx, works.id, robot.id, core::MemberRole::admin);
      CHECK_FALSE(store::has_other_owner(tx, works.id, ada.id));
      CHECK(store::list_owned_alone(tx, ada.id) == std::vector<std::string>{"works"});
      store::set_blocked(tx, ada.id, test::at(1));
      CHECK_FALSE(store::has_other_owner(tx, works.id, bob.id));
    });
  });
}

TEST_CASE("list_members: by login, filtered by role, in pages") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto works = add_account(tx, "works", core::AccountKind::organization);
      const auto other = add_account(tx, "other", core::AccountKind::organization);
      for (const char* login : {"carla", "Ada", "bob"}) {
        store::set_member(tx, works.id, add_account(tx, login).id,
                          login[0] == 'b' ? core::MemberRole::admin : core::MemberRole::member);
      }
      store::set_member(tx, other.id, add_account(tx, "dora").id, core::MemberRole::admin);
      auto list = [&](std::optional<core::MemberRole> role, const core::Page& page) {
        return store::list_members(tx, works.id, role, page);
      };
      CHECK(logins(list({}, {})) == std::vector<std::string>{"Ada", "bob", "carla"});
      CHECK(logins(list(core::MemberRole::admin, {})) == std::vector<std::string>{"bob"});
      CHECK(logins(list(core::MemberRole::member, {})) == std::vector<std::string>{"Ada", "carla"});
      const auto second = list({}, {.number = 2, .size = 2});
      CHECK(logins(second) == std::vector<std::string>{"carla"});
      CHECK(second.total_count == 3);
    });
  });
}

TEST_CASE("remove_member: removes roles in the organization's teams and repositories, no others") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto works = add_account(tx, "works", core::AccountKind::organization);
      const auto other = add_account(tx, "other", core::AccountKind::organization);
      const auto ada = add_account(tx, "ada"), bob = add_account(tx, "bob");
      std::vector<core::Repository> repositories;
      std::vector<TeamId> teams;
      for (const auto& organization : {works, other}) {
        repositories.push_back(test::add_repository(tx, organization, "application"));
        teams.push_back(test::add_team(tx, organization, "ops").id);
        for (const auto& account : {ada, bob}) {
          store::set_member(tx, organization.id, account.id, core::MemberRole::member);
          store::set_team_member(tx, teams.back(), account.id, core::TeamRole::member);
          store::set_role(tx, repositories.back().id, account.id, core::Role::write);
        }
      }
      CHECK(store::remove_member(tx, works.id, ada.id));
      CHECK_FALSE(store::find_member_role(tx, works.id, ada.id));
      CHECK_FALSE(store::is_team_member(tx, teams[0], ada.id));
      CHECK(store::find_role(tx, repositories[0], ada.id) == core::Role::none);
      CHECK(store::find_member_role(tx, other.id, ada.id));
      CHECK(store::is_team_member(tx, teams[1], ada.id));
      CHECK(store::find_role(tx, repositories[1], ada.id) == core::Role::write);
      CHECK(store::find_member_role(tx, works.id, bob.id));
      CHECK(store::is_team_member(tx, teams[0], bob.id));
      CHECK(store::find_role(tx, repositories[0], bob.id) == core::Role::write);
      CHECK_FALSE(store::remove_member(tx, works.id, ada.id));
    });
  });
}
