#include "store/repository_lists.h"

#include <doctest/doctest.h>

#include "store/members.h"
#include "store/repositories.h"
#include "store/teams.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::RepositoryFilter;
using core::RepositorySort;
using core::RepositoryViewer;
using core::Role;
using test::add_account;
using test::at;
using test::for_each_engine;
using test::found;

namespace {

/// ada's repositories and the organization's, by name; bob, who has roles of several kinds.
struct World {
  explicit World(sql::Writer& tx)
      : works(add_account(tx, "works", core::AccountKind::organization)),
        ada(add_account(tx, "ada")),
        bob(add_account(tx, "bob")) {
    add(tx, ada, "open", core::Visibility::is_public, 5);
    granted = add(tx, ada, "granted", core::Visibility::is_private, 4);
    add(tx, ada, "hidden", core::Visibility::is_private, 3);
    teams = add(tx, works, "Teams", core::Visibility::is_private, 2);
    add(tx, works, "window", core::Visibility::is_public, 1);
    add(tx, works, "closed", core::Visibility::is_private, 0);
    add(tx, bob, "own", core::Visibility::is_private, 6);
    store::remove_repository(tx, add(tx, bob, "gone", core::Visibility::is_public, 7), at(8));
    store::set_role(tx, granted.id, bob.id, Role::triage);
    store::set_member(tx, works.id, bob.id, core::MemberRole::member);
    ops = test::add_team(tx, works, "ops").id;
    store::set_team_member(tx, ops, bob.id, core::TeamRole::member);
    store::set_team_role(tx, ops, teams.id, Role::maintain);
  }

  static core::Repository add(sql::Writer& tx, const core::Account& owner, const std::string& name,
                              core::Visibility visibility, int64_t time) {
    core::Repository repository;
    repository.owner = owner;
    repository.name = name;
    repository.path = "/srv/git/" + name + ".git";
    repository.default_branch = "main";
    repository.visibility = visibility;
    repository.created_at = at(time);
    return found(store::find_repository(tx, found(store::insert_repository(tx, repository))));
  }

  RepositoryViewer viewer(const core::Account& account, bool sees_private = true) const {
    return {.account = account.id, .sees_private = sees_private};
  }
  core::Account works, ada, bob;
  core::Repository granted, teams;
  TeamId ops;
};

/// `name role` of each repository on the page; the role is left out if nothing was granted.
std::string names(sql::Writer& tx, const RepositoryViewer& viewer,
                  const RepositoryFilter& filter = {}, const core::Page& page = {}) {
  std::string all;
  const auto listing = store::list_repositories(tx, viewer, filter, page);
  for (const auto& one : listing.items) {
    all += one.repository.full_name();
    if (one.granted != Role::none) all += " " + std::string(core::to_name(one.granted));
    all += ", ";
  }
  return all + std::to_string(listing.total_count);
}

}  // namespace

TEST_CASE("list_repositories: what the viewer may read, with the granted role") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World w(tx);
      const std::string everybodys = "ada/open, works/window, 2";
      CHECK(names(tx, {}) == everybodys);
      CHECK(names(tx, {.sees_private = true, .sees_all = true}) == everybodys);  // no account
      CHECK(names(tx, w.viewer(w.bob, false)) == everybodys);
      CHECK(names(tx, w.viewer(w.bob)) ==
            "ada/granted triage, ada/open, bob/own admin, works/Teams maintain, works/window, 5");
      CHECK(names(tx, w.viewer(w.ada)) ==
            "ada/granted admin, ada/hidden admin, ada/open admin, works/window, 4");
      RepositoryViewer chief = w.viewer(w.ada);
      chief.sees_all = true;
      CHECK(store::list_repositories(tx, chief, {}, {}).total_count == 7);
      chief.sees_private = false;
      CHECK(store::list_repositories(tx, chief, {}, {}).total_count == 2);
      store::set_member(tx, w.works.id, w.ada.id, core::MemberRole::admin);
      CHECK(names(tx, w.viewer(w.ada), {.owner = w.works.id}) ==
            "works/closed admin, works/Teams admin, works/window admin, 3");
      for (const auto& one : store::list_repositories(tx, w.viewer(w.bob), {}, {}).items) {
        if (one.repository.owner.id == w.bob.id) continue;  // find_role does not count owners
        CHECK(store::find_role(tx, one.repository, w.bob.id) == one.granted);
      }
    });
  });
}

TEST_CASE("list_repositories: filters, each alone and together") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World w(tx);
      auto list = [&](const RepositoryFilter& filter) {
        return names(tx, w.viewer(w.bob), filter);
      };
      CHECK(list({.owner = w.works.id}) == "works/Teams maintain, works/window, 2");
      CHECK(list({.owner = w.works.id, .visibility = core::Visibility::is_private}) ==
            "works/Teams maintain, 1");
      CHECK(list({.visibility = core::Visibility::is_public}) == "ada/open, works/window, 2");
      CHECK(list({.updated_after = at(4)}) == "ada/open, bob/own admin, 2");
      CHECK(list({.updated_after = at(1), .updated_before = at(5)}) ==
            "ada/granted triage, works/Teams maintain, 2");
      auto by = [&](bool owner, bool collaborator, bool member) {
        return list(
            {.affiliation = core::RepositoryAffiliation{w.bob.id, owner, collaborator, member}});
      };
      CHECK(by(true, true, true) == "ada/granted triage, bob/own admin, works/Teams maintain, 3");
      CHECK(by(true, false, false) == "bob/own admin, 1");
      CHECK(by(false, true, false) == "ada/granted triage, 1");
      CHECK(by(false, false, true) == "works/Teams maintain, 1");
      // Another account's repositories that the viewer may read.
      CHECK(list({.affiliation = core::RepositoryAffiliation{.account = w.ada.id}}) ==
            "ada/granted triage, ada/open, 2");
    });
  });
}

TEST_CASE("list_repositories: in each order, ascending and descending, and in pages") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World w(tx);
      auto list = [&](RepositorySort sort, core::SortDirection direction) {
        return names(tx, {}, {.sort = sort, .direction = direction});
      };
      using enum core::SortDirection;
      CHECK(list(RepositorySort::full_name, asc) == "ada/open, works/window, 2");
      CHECK(list(RepositorySort::full_name, desc) == "works/window, ada/open, 2");
      CHECK(list(RepositorySort::created, asc) == "works/window, ada/open, 2");
      CHECK(list(RepositorySort::created, desc) == "ada/open, works/window, 2");
      auto window = found(store::find_repository(tx, "works", "window"));
      window.updated_at = at(100);
      store::update_repository(tx, window);
      CHECK(list(RepositorySort::updated, desc) == "works/window, ada/open, 2");
      CHECK(list(RepositorySort::pushed, asc) == "ada/open, works/window, 2");
      CHECK(list(RepositorySort::created, desc) == "ada/open, works/window, 2");
      const RepositoryFilter all;
      CHECK(names(tx, w.viewer(w.bob), all, {.number = 2, .size = 2}) ==
            "bob/own admin, works/Teams maintain, 5");
      CHECK(names(tx, w.viewer(w.bob), all, {.number = 9, .size = 2}) == "5");
    });
  });
}

TEST_CASE("list_repositories: a search by words of the full name, and by the owner") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World world(tx);
      World::add(tx, world.ada, "a_b", core::Visibility::is_public, 9);
      const RepositoryViewer viewer = world.viewer(world.bob);
      const auto search = [&](const core::NameSearch& wanted) {
        return names(tx, viewer, {.search = wanted});
      };
      CHECK(search({.words = {"nt"}, .owner = ""}) == "ada/granted triage, 1");
      CHECK(search({.words = {"team"}, .owner = ""}) == "works/Teams maintain, 1");
      CHECK(search({.words = {"wo", "/win"}, .owner = ""}) == "works/window, 1");
      CHECK(search({.words = {"_"}, .owner = ""}) == "ada/a_b, 1");
      CHECK(search({.words = {"%"}, .owner = ""}) == "0");
      CHECK(search({.words = {"!"}, .owner = ""}) == "0");
      CHECK(search({.words = {"hidden"}, .owner = ""}) == "0");
      CHECK(search({.words = {}, .owner = "works"}) == "works/Teams maintain, works/window, 2");
    });
  });
}

TEST_CASE("list_organizations: an account's, or only those that the viewer is a member of too") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const World w(tx);
      const auto others = add_account(tx, "others", core::AccountKind::organization);
      store::set_member(tx, others.id, w.bob.id, core::MemberRole::admin);
      auto list = [&](const core::Account& account, std::optional<AccountId> viewer) {
        std::string all;
        for (const auto& one : store::list_organizations(tx, account.id, viewer, {}).items) {
          all += one.login + " ";
        }
        return all;
      };
      CHECK(list(w.bob, {}) == "others works ");
      CHECK(list(w.ada, {}).empty());
      CHECK(list(w.bob, w.ada.id).empty());
      store::set_member(tx, others.id, w.ada.id, core::MemberRole::member);
      CHECK(list(w.bob, w.ada.id) == "others ");
    });
  });
}
