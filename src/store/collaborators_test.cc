#include "store/collaborators.h"

#include <doctest/doctest.h>

#include "store/members.h"
#include "store/teams.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using core::CollaboratorAffiliation;
using core::Role;
using test::add_account;
using test::at;
using test::for_each_engine;

namespace {

/// `login role` of each collaborator on the page.
std::string names(sql::Writer& tx, const core::Repository& repository,
                  const core::CollaboratorFilter& filter = {}, const core::Page& page = {}) {
  std::string all;
  const auto listing = store::list_collaborators(tx, repository, filter, page);
  for (const auto& one : listing.items) {
    all += one.account.login + " " + std::string(core::to_name(one.role)) + ", ";
  }
  return all + std::to_string(listing.total_count);
}

/// An organization with an owner, two members, a team and a repository; and an account outside it.
struct Works {
  explicit Works(sql::Writer& tx)
      : works(add_account(tx, "works", core::AccountKind::organization)),
        ada(add_account(tx, "ada")),
        bob(add_account(tx, "bob")),
        carla(add_account(tx, "carla")),
        zoe(add_account(tx, "zoe")),
        repository(test::add_repository(tx, works, "shop")) {
    store::set_member(tx, works.id, ada.id, core::MemberRole::admin);
    store::set_member(tx, works.id, bob.id, core::MemberRole::member);
    store::set_member(tx, works.id, carla.id, core::MemberRole::member);
    ops = test::add_team(tx, works, "ops").id;
  }
  core::Account works, ada, bob, carla, zoe;
  core::Repository repository;
  TeamId ops;
};

}  // namespace

TEST_CASE("list_collaborators: direct, team and owner roles; each account once with its highest") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const Works w(tx);
      const RepositoryId shop = w.repository.id;
      CHECK(names(tx, w.repository) == "ada admin, 1");
      store::set_role(tx, shop, w.zoe.id, Role::triage);
      store::set_role(tx, shop, w.bob.id, Role::read);
      store::set_team_member(tx, w.ops, w.bob.id, core::TeamRole::member);
      store::set_team_member(tx, w.ops, w.carla.id, core::TeamRole::member);
      store::set_team_role(tx, w.ops, shop, Role::maintain);
      CHECK(names(tx, w.repository) == "ada admin, bob maintain, carla maintain, zoe triage, 4");
      CHECK(names(tx, w.repository, {}, {.number = 2, .size = 3}) == "zoe triage, 4");
      CHECK(names(tx, w.repository, {.affiliation = CollaboratorAffiliation::direct}) ==
            "bob maintain, zoe triage, 2");
      CHECK(names(tx, w.repository, {.affiliation = CollaboratorAffiliation::outside}) ==
            "zoe triage, 1");
      CHECK(names(tx, w.repository, {.affiliation = {}, .at_least = Role::write}) ==
            "ada admin, bob maintain, carla maintain, 3");
      CHECK(names(tx, w.repository, {CollaboratorAffiliation::outside, Role::write}) == "0");
      // Each role equals the one that find_role returns for the account.
      for (const auto& one : store::list_collaborators(tx, w.repository, {}, {}).items) {
        CHECK(store::find_role(tx, w.repository, one.account.id) == one.role);
      }
      CHECK(store::find_own_role(tx, shop, w.bob.id) == Role::read);
      CHECK(store::find_own_role(tx, shop, w.carla.id) == Role::none);
      store::set_role(tx, shop, w.zoe.id, Role::none);
      CHECK(names(tx, w.repository, {.affiliation = CollaboratorAffiliation::outside}) == "0");
      // Another repository has none of these roles.
      CHECK(names(tx, test::add_repository(tx, w.works, "other")) == "ada admin, 1");
    });
  });
}

TEST_CASE("list_collaborators: of a user's repository, the owner and those with a grant") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto bob = add_account(tx, "bob");
      const auto repository = test::add_repository(tx, ada, "shop");
      store::set_role(tx, repository.id, bob.id, Role::write);
      CHECK(names(tx, repository) == "ada admin, bob write, 2");
      CHECK(names(tx, repository, {.affiliation = CollaboratorAffiliation::direct}) ==
            "ada admin, bob write, 2");
      CHECK(names(tx, repository, {.affiliation = CollaboratorAffiliation::outside}) == "0");
    });
  });
}
