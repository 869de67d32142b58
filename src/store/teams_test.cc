#include "store/teams.h"

#include <doctest/doctest.h>

#include "store/members.h"
#include "store/repositories.h"
#include "store/repository_lists.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::Role;
using core::TeamRole;
using test::add_account;
using test::add_team;
using test::at;
using test::for_each_engine;
using test::found;

namespace {

template <class T>
std::vector<std::string> slugs(const core::Listing<T>& listing) {
  std::vector<std::string> all;
  for (const auto& item : listing.items) {
    if constexpr (std::is_same_v<T, core::Team>) {
      all.push_back(item.slug);
    } else {
      all.push_back(item.team.slug);
    }
  }
  return all;
}

/// `login role` of each member.
std::vector<std::string> roles(const core::Listing<core::TeamMember>& listing) {
  std::vector<std::string> all;
  for (const auto& member : listing.items) {
    all.push_back(member.account.login + " " + std::string(core::to_name(member.role)));
  }
  return all;
}

using Texts = std::vector<std::string>;

/// An organization with a repository, and two people.
struct Works {
  explicit Works(sql::Writer& tx)
      : works(add_account(tx, "works", core::AccountKind::organization)),
        ada(add_account(tx, "ada")),
        bob(add_account(tx, "bob")),
        repository(test::add_repository(tx, works, "application")) {}
  core::Account works, ada, bob;
  core::Repository repository;
};

}  // namespace

TEST_CASE("insert_team: keeps every field, and finds the team by id and by slug") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      core::Team given;
      given.organization = w.works;
      given.name = "Größe";
      given.slug = "grosse";
      given.description = "All of them";
      given.privacy = core::TeamPrivacy::closed;
      given.notification_setting = core::TeamNotifications::disabled;
      given.created_at = at(1);
      given.updated_at = at(2);
      const TeamId id = found(store::insert_team(tx, given));
      const auto read = found(store::find_team(tx, id));
      CHECK(read.id == id);
      CHECK(read.organization.login == "works");
      CHECK(read.name == "Größe");
      CHECK(read.slug == "grosse");
      CHECK(read.description == "All of them");
      CHECK(read.privacy == core::TeamPrivacy::closed);
      CHECK(read.notification_setting == core::TeamNotifications::disabled);
      CHECK(read.created_at == at(1));
      CHECK(read.updated_at == at(2));
      CHECK(found(store::find_team(tx, w.works.id, "GROSSE")).id == id);
      CHECK_FALSE(store::find_team(tx, w.ada.id, "grosse"));
      CHECK_FALSE(store::insert_team(tx, given));
      given.organization = add_account(tx, "other", core::AccountKind::organization);
      CHECK(store::insert_team(tx, given));
    });
  });
}

TEST_CASE("update_team: changes all but the id and created_at; refuses another team's slug") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      auto team = add_team(tx, w.works, "Ops");
      add_team(tx, w.works, "Sales");
      team.name = "Operations";
      team.slug = "operations";
      team.description = "They operate";
      team.privacy = core::TeamPrivacy::secret;
      team.notification_setting = core::TeamNotifications::disabled;
      team.updated_at = at(5);
      CHECK(store::update_team(tx, team));
      const auto read = found(store::find_team(tx, w.works.id, "operations"));
      CHECK(read.id == team.id);
      CHECK(read.name == "Operations");
      CHECK(read.description == "They operate");
      CHECK(read.privacy == core::TeamPrivacy::secret);
      CHECK(read.notification_setting == core::TeamNotifications::disabled);
      CHECK(read.created_at == at(1));
      CHECK(read.updated_at == at(5));
      team.slug = "sales";
      CHECK_FALSE(store::update_team(tx, team));
      CHECK(found(store::find_team(tx, team.id)).slug == "operations");
    });
  });
}

TEST_CASE("list_teams: closed ones and the viewer's own; by slug, in pages") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      add_team(tx, w.works, "open");
      const auto mine = add_team(tx, w.works, "mine", core::TeamPrivacy::secret);
      add_team(tx, w.works, "theirs", core::TeamPrivacy::secret);
      add_team(tx, add_account(tx, "other", core::AccountKind::organization), "elsewhere");
      store::set_team_member(tx, mine.id, w.ada.id, TeamRole::member);
      auto list = [&](std::optional<AccountId> viewer, const core::Page& page = {}) {
        return store::list_teams(tx, w.works.id, viewer, page);
      };
      CHECK(slugs(list({})) == Texts{"mine", "open", "theirs"});
      CHECK(slugs(list(w.ada.id)) == Texts{"mine", "open"});
      CHECK(slugs(list(w.bob.id)) == Texts{"open"});
      const auto second = list({}, {.number = 2, .size = 2});
      CHECK(slugs(second) == Texts{"theirs"});
      CHECK(second.total_count == 3);
    });
  });
}

TEST_CASE("set_team_member: owners of the organization count as maintainers") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      const auto team = add_team(tx, w.works, "Ops");
      const auto carla = add_account(tx, "carla");
      store::set_member(tx, w.works.id, w.bob.id, core::MemberRole::admin);
      store::set_member(tx, w.works.id, carla.id, core::MemberRole::member);
      for (const auto& account : {carla, w.bob, w.ada}) {
        store::set_team_member(tx, team.id, account.id, TeamRole::member);
      }
      auto list = [&](std::optional<TeamRole> role) {
        return roles(store::list_team_members(tx, team.id, role, {}));
      };
      CHECK(list({}) == Texts{"ada member", "bob maintainer", "carla member"});
      store::set_team_member(tx, team.id, carla.id, TeamRole::maintainer);
      CHECK(list(TeamRole::maintainer) == Texts{"bob maintainer", "carla maintainer"});
      CHECK(list(TeamRole::member) == Texts{"ada member"});
      CHECK(found(store::find_team_member(tx, team.id, w.bob.id)).role == TeamRole::maintainer);
      CHECK(store::count_team_members(tx, team.id) == 3);
      const auto all = store::list_team_members(tx, team.id);
      REQUIRE(all.size() == 3);
      CHECK(all[0].login == "ada");
      CHECK(all[2].login == "carla");
      CHECK(store::is_team_member(tx, team.id, w.ada.id));
      CHECK(store::remove_team_member(tx, team.id, w.ada.id));
      CHECK_FALSE(store::is_team_member(tx, team.id, w.ada.id));
      CHECK_FALSE(store::find_team_member(tx, team.id, w.ada.id));
      CHECK_FALSE(store::remove_team_member(tx, team.id, w.ada.id));
      const auto other = add_team(tx, w.works, "Other");
      CHECK_FALSE(store::is_team_member(tx, other.id, w.bob.id));
    });
  });
}

TEST_CASE("find_role: the highest of the direct role, team roles and ownership") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      const auto readers = add_team(tx, w.works, "readers");
      const auto writers = add_team(tx, w.works, "writers");
      const auto second = test::add_repository(tx, w.works, "second");
      auto role = [&](const core::Account& account) {
        return store::find_role(tx, w.repository, account.id);
      };
      store::set_team_role(tx, readers.id, w.repository.id, Role::read);
      store::set_team_role(tx, writers.id, w.repository.id, Role::write);
      CHECK(role(w.ada) == Role::none);
      store::set_team_member(tx, readers.id, w.ada.id, TeamRole::member);
      CHECK(role(w.ada) == Role::read);
      store::set_team_member(tx, writers.id, w.ada.id, TeamRole::member);
      CHECK(role(w.ada) == Role::write);
      CHECK(role(w.bob) == Role::none);
      CHECK(store::find_role(tx, second, w.ada.id) == Role::none);
      store::set_role(tx, w.repository.id, w.ada.id, Role::triage);
      CHECK(role(w.ada) == Role::write);
      store::set_role(tx, w.repository.id, w.ada.id, Role::maintain);
      CHECK(role(w.ada) == Role::maintain);
      store::set_member(tx, w.works.id, w.ada.id, core::MemberRole::admin);
      CHECK(role(w.ada) == Role::admin);
      store::remove_member(tx, w.works.id, w.ada.id);
      CHECK(role(w.ada) == Role::none);
      store::set_team_member(tx, writers.id, w.bob.id, TeamRole::member);
      CHECK(role(w.bob) == Role::write);
      store::set_team_role(tx, writers.id, w.repository.id, Role::none);
      CHECK(role(w.bob) == Role::none);
    });
  });
}

TEST_CASE("set_team_role: lists a team's repositories and a repository's teams for the viewer") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      const auto ops = add_team(tx, w.works, "ops");
      const auto hidden = add_team(tx, w.works, "hidden", core::TeamPrivacy::secret);
      core::Repository open;
      open.owner = w.works;
      open.name = "open";
      open.path = "/srv/git/open.git";
      open.default_branch = "main";
      open.visibility = core::Visibility::is_public;
      const auto open_id = found(store::insert_repository(tx, open));
      store::set_team_role(tx, ops.id, w.repository.id, Role::read);
      store::set_team_role(tx, ops.id, w.repository.id, Role::admin);
      store::set_team_role(tx, ops.id, open_id, Role::triage);
      store::set_team_role(tx, hidden.id, w.repository.id, Role::write);
      CHECK(store::find_team_role(tx, ops.id, w.repository.id) == Role::admin);
      CHECK(store::find_team_role(tx, hidden.id, open_id) == Role::none);
      CHECK(store::count_team_repositories(tx, ops.id) == 2);

      auto names = [&](std::optional<AccountId> account, bool sees_private = true) {
        const core::RepositoryViewer viewer{account.value_or(w.ada.id), sees_private, !account};
        Texts all;
        for (const auto& one : store::list_team_repositories(tx, ops.id, viewer, {}).items) {
          all.push_back(one.repository.full_name() + " " + std::string(core::to_name(one.role)));
        }
        return all;
      };
      const Texts both{"works/application admin", "works/open triage"};
      CHECK(names({}) == both);
      CHECK(names(w.ada.id) == Texts{"works/open triage"});
      store::set_team_member(tx, ops.id, w.ada.id, TeamRole::member);
      CHECK(names(w.ada.id) == both);
      CHECK(names(w.bob.id) == Texts{"works/open triage"});
      store::set_role(tx, w.repository.id, w.bob.id, Role::read);
      CHECK(names(w.bob.id) == both);
      CHECK(names(w.bob.id, false) == Texts{"works/open triage"});
      CHECK(names({}, false) == Texts{"works/open triage"});

      auto teams = [&](std::optional<AccountId> viewer) {
        return store::list_repository_teams(tx, w.repository.id, viewer, {});
      };
      CHECK(slugs(teams({})) == Texts{"hidden", "ops"});
      CHECK(slugs(teams(w.bob.id)) == Texts{"ops"});
      CHECK(teams(w.bob.id).items[0].role == Role::admin);
      CHECK(teams(w.bob.id).total_count == 1);
      store::set_team_member(tx, hidden.id, w.bob.id, TeamRole::member);
      CHECK(slugs(teams(w.bob.id)) == Texts{"hidden", "ops"});
    });
  });
}

TEST_CASE("delete_team: deletes its members and roles; environment_reviewed_by finds its rule") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      const auto ops = add_team(tx, w.works, "ops"), rest = add_team(tx, w.works, "rest");
      for (const auto& team : {ops, rest}) {
        store::set_team_member(tx, team.id, w.ada.id, TeamRole::member);
        store::set_team_role(tx, team.id, w.repository.id, Role::write);
      }
      const auto name = store::ensure_environment_name(tx, w.repository.id, "staging", at(0));
      const int64_t environment = tx.number(
          "insert into environment (repository_id, environment_name_id, created_at, updated_at) "
          "values ($1, $2, 1, 1) returning id",
          {w.repository.id.value, name.id.value});
      const int64_t rule = tx.number(
          "insert into protection_rule (environment_id, kind, created_at) "
          "values ($1, 'required_reviewers', 1) returning id",
          {environment});
      tx.execute(
          "insert into required_reviewer (protection_rule_id, position, team_id) values ($1, 0, "
          "$2)",
          {rule, rest.id.value});
      CHECK_FALSE(store::environment_reviewed_by(tx, ops.id));
      CHECK(store::environment_reviewed_by(tx, rest.id) == "staging of works/application");
      store::delete_team(tx, ops.id);
      CHECK_FALSE(store::find_team(tx, ops.id));
      CHECK(store::is_team_member(tx, rest.id, w.ada.id));
      CHECK(tx.number("select count(*) from team_member") == 1);
      CHECK(tx.number("select count(*) from team_repository") == 1);
    });
  });
}
