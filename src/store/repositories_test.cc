#include "store/repositories.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>

#include "store/members.h"
#include "support/database_fixture.h"
#include "support/store_rows.h"

using namespace esclusa;
using test::add_account;
using test::add_repository;
using test::at;
using test::for_each_engine;
using test::found;

TEST_CASE("insert_repository: keeps every field") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      core::Repository repository;
      repository.owner = add_account(tx, "Ada");
      repository.name = "Application";
      repository.path = "/srv/git/x.git";
      repository.default_branch = "trunk";
      repository.visibility = core::Visibility::is_public;
      repository.writable = true;
      repository.auto_merge = core::MergePolicy::refuse;
      repository.created_at = at(3);
      repository.is_bare = true;
      repository.default_branch_source = core::DefaultBranchSource::head;
      repository.alternates = {"/srv/git/pool/objects", "/srv/git/a b/objects"};
      repository.description = "What customers see";
      const RepositoryId id = found(store::insert_repository(tx, repository));
      const auto read = found(store::find_repository(tx, id));
      CHECK(read.id == id);
      CHECK(read.full_name() == "Ada/Application");
      CHECK(read.owner.id == repository.owner.id);
      CHECK(read.path == "/srv/git/x.git");
      CHECK(read.default_branch == "trunk");
      CHECK(read.visibility == core::Visibility::is_public);
      CHECK(read.writable);
      CHECK(read.auto_merge == core::MergePolicy::refuse);
      CHECK(read.created_at == at(3));
      CHECK(read.updated_at == at(3));
      CHECK(read.is_bare);
      CHECK(read.default_branch_source == core::DefaultBranchSource::head);
      CHECK(read.alternates == repository.alternates);
      CHECK(read.description == "What customers see");
      CHECK_FALSE(read.removed_at.has_value());
    });
  });
}

TEST_CASE("insert_repository: a name is unique per owner, without regard to case") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto bob = add_account(tx, "bob");
      add_repository(tx, ada, "Application");
      core::Repository again;
      again.owner = ada;
      again.name = "application";
      CHECK_FALSE(store::insert_repository(tx, again).has_value());
      again.owner = bob;
      CHECK(store::insert_repository(tx, again).has_value());
    });
  });
}

TEST_CASE("find_repository: by owner and name without regard to case") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "Ada");
      const auto repository = add_repository(tx, ada, "Application");
      CHECK(found(store::find_repository(tx, "aDa", "aPPLICATION")).id == repository.id);
      CHECK_FALSE(store::find_repository(tx, "ada", "app").has_value());
      CHECK_FALSE(store::find_repository(tx, "bob", "application").has_value());
      CHECK_FALSE(store::find_repository(tx, "", "").has_value());
      CHECK_FALSE(store::find_repository(tx, RepositoryId{repository.id.value + 1}).has_value());
    });
  });
}

TEST_CASE("list_repositories: by owner, then by name") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto bob = add_account(tx, "bob");
      const auto ada = add_account(tx, "Ada");
      add_repository(tx, bob, "a");
      add_repository(tx, ada, "Z");
      add_repository(tx, ada, "b");
      std::vector<std::string> names;
      for (const auto& r : store::list_repositories(tx)) names.push_back(r.full_name());
      CHECK(names == std::vector<std::string>{"Ada/b", "Ada/Z", "bob/a"});
    });
  });
}

TEST_CASE("rename_repository: the old name finds it, without regard to case, and its data stays") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "Ada");
      const auto bob = add_account(tx, "bob");
      const auto repository = add_repository(tx, ada, "Shop");
      add_repository(tx, bob, "shop");
      CHECK_FALSE(store::find_renamed(tx, "ada", "shop").has_value());
      CHECK(store::rename_repository(tx, repository, "Store", at(9)));
      CHECK_FALSE(store::find_repository(tx, "ada", "shop").has_value());
      const auto found_again = found(store::find_repository(tx, "ADA", "STORE"));
      CHECK(found_again.id == repository.id);
      CHECK(found_again.full_name() == "Ada/Store");
      CHECK(found_again.updated_at == at(9));
      CHECK(found(store::find_renamed(tx, "aDA", "sHOP")).id == repository.id);
      CHECK_FALSE(store::find_renamed(tx, "ada", "store").has_value());
      CHECK_FALSE(store::find_renamed(tx, "bob", "shop").has_value());
    });
  });
}

TEST_CASE("rename_repository: finds it by every former name, except its present one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto id = add_repository(tx, ada, "one").id;
      for (auto name : {"two", "three", "two", "TWO", "one"}) {
        CHECK(store::rename_repository(tx, found(store::find_repository(tx, id)), name, at(1)));
        CHECK(found(store::find_repository(tx, id)).name == name);
        CHECK_FALSE(store::find_renamed(tx, "ada", name).has_value());
      }
      CHECK(found(store::find_renamed(tx, "ada", "two")).id == id);
      CHECK(found(store::find_renamed(tx, "ada", "three")).id == id);
      CHECK_FALSE(store::find_renamed(tx, "ada", "one").has_value());
    });
  });
}

TEST_CASE(
    "rename_repository: refuses a taken name; a reused former name finds the new repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto one = add_repository(tx, ada, "one");
      add_repository(tx, ada, "two");
      CHECK_FALSE(store::rename_repository(tx, one, "TWO", at(1)));
      CHECK(found(store::find_repository(tx, one.id)).name == "one");

      CHECK(store::rename_repository(tx, one, "three", at(1)));
      const auto taker = add_repository(tx, ada, "ONE");
      CHECK_FALSE(store::find_renamed(tx, "ada", "one").has_value());
      // A former name that was reused is lost: it finds the new repository, even after that one is
      // renamed.
      CHECK(store::rename_repository(tx, taker, "four", at(2)));
      CHECK(found(store::find_renamed(tx, "ada", "one")).id == taker.id);
    });
  });
}

TEST_CASE("count_repositories: by owner and visibility") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      core::Repository repository = add_repository(tx, ada, "one");
      add_repository(tx, add_account(tx, "bob"), "two");
      const auto other = repository.visibility == core::Visibility::is_public
                             ? core::Visibility::is_private
                             : core::Visibility::is_public;
      CHECK(store::count_repositories(tx, ada.id, repository.visibility) == 1);
      CHECK(store::count_repositories(tx, ada.id, other) == 0);
      repository.name = "three";
      repository.visibility = other;
      REQUIRE(store::insert_repository(tx, repository));
      CHECK(store::count_repositories(tx, ada.id, other) == 1);
    });
  });
}

TEST_CASE("remove_repository: keeps the row, and frees its names") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto first = add_repository(tx, ada, "Shop");
      CHECK(store::rename_repository(tx, first, "Store", at(1)));
      store::remove_repository(tx, found(store::find_repository(tx, first.id)), at(5));
      CHECK(store::is_removed(tx, first.id));
      CHECK_FALSE(store::find_repository(tx, "ada", "store").has_value());
      CHECK_FALSE(store::find_renamed(tx, "ada", "shop").has_value());
      CHECK(store::list_repositories(tx).empty());
      CHECK(store::count_repositories(tx, ada.id, first.visibility) == 0);
      const auto kept = found(store::find_repository(tx, first.id));
      CHECK(kept.full_name() == "ada/Store");
      CHECK(kept.removed_at == at(5));
      const auto second = add_repository(tx, ada, "store");
      CHECK(second.id != first.id);
      CHECK_FALSE(store::is_removed(tx, second.id));
      store::remove_repository(tx, second, at(6));
      CHECK(add_repository(tx, ada, "STORE").id != second.id);
    });
  });
}

TEST_CASE("update_repository: writes every field that may change") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      auto repository = add_repository(tx, add_account(tx, "ada"), "shop");
      repository.path = "/srv/other.git";
      repository.default_branch = "trunk";
      repository.default_branch_source = core::DefaultBranchSource::head;
      repository.is_bare = true;
      repository.alternates = {"/srv/pool/objects"};
      repository.description = "d";
      repository.visibility = core::Visibility::is_public;
      repository.writable = true;
      repository.auto_merge = core::MergePolicy::refuse;
      repository.updated_at = at(9);
      store::update_repository(tx, repository);
      const auto read = found(store::find_repository(tx, repository.id));
      CHECK(read.path == "/srv/other.git");
      CHECK(read.default_branch == "trunk");
      CHECK(read.default_branch_source == core::DefaultBranchSource::head);
      CHECK(read.is_bare);
      CHECK(read.alternates == repository.alternates);
      CHECK(read.description == "d");
      CHECK(read.visibility == core::Visibility::is_public);
      CHECK(read.writable);
      CHECK(read.auto_merge == core::MergePolicy::refuse);
      CHECK(read.updated_at == at(9));
    });
  });
}

TEST_CASE("save_default_branch: only if HEAD is followed and the name is still the former one") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      auto repository = add_repository(tx, add_account(tx, "ada"), "shop");
      repository.default_branch = "trunk";
      CHECK_FALSE(store::save_default_branch(tx, repository, "main", at(1)));  // source: set
      tx.execute("update repository set default_branch_source = 'head'");
      repository.default_branch_source = core::DefaultBranchSource::head;
      CHECK_FALSE(store::save_default_branch(tx, repository, "other", at(1)));
      CHECK(store::save_default_branch(tx, repository, "main", at(1)));
      CHECK(found(store::find_repository(tx, repository.id)).default_branch == "trunk");
    });
  });
}

TEST_CASE("set_role: grants, changes and removes a role, for one account in one repository") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto bob = add_account(tx, "bob");
      const auto carla = add_account(tx, "carla");
      const auto one = add_repository(tx, ada, "one");
      const auto two = add_repository(tx, ada, "two");
      CHECK(store::find_role(tx, one, bob.id) == core::Role::none);
      for (auto role : {core::Role::read, core::Role::triage, core::Role::write,
                        core::Role::maintain, core::Role::admin, core::Role::read}) {
        store::set_role(tx, one.id, bob.id, role);
        CHECK(store::find_role(tx, one, bob.id) == role);
      }
      CHECK(store::find_role(tx, two, bob.id) == core::Role::none);
      CHECK(store::find_role(tx, one, carla.id) == core::Role::none);
      store::set_role(tx, one.id, bob.id, core::Role::none);
      CHECK(store::find_role(tx, one, bob.id) == core::Role::none);
      store::set_role(tx, one.id, bob.id, core::Role::none);  // no grant is left
    });
  });
}

TEST_CASE("find_role: a member of an organization keeps a direct grant") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto team = add_account(tx, "team", core::AccountKind::organization);
      const auto other = add_account(tx, "other", core::AccountKind::organization);
      const auto ada = add_account(tx, "ada");
      const auto repository = add_repository(tx, team, "application");
      store::set_role(tx, repository.id, ada.id, core::Role::write);
      store::set_member(tx, team.id, ada.id, core::MemberRole::member);
      store::set_member(tx, other.id, ada.id, core::MemberRole::admin);
      CHECK(store::find_role(tx, repository, ada.id) == core::Role::write);
    });
  });
}

TEST_CASE("ensure_environment_name: one row for all spellings, and the first spelling stays") {
  for_each_engine([](sql::Database& db) {
    test::write(db, [](sql::Writer& tx) {
      const auto ada = add_account(tx, "ada");
      const auto one = add_repository(tx, ada, "one");
      const auto two = add_repository(tx, ada, "two");
      const auto first = store::ensure_environment_name(tx, one.id, "Staging", at(0));
      CHECK(first.name == "Staging");
      const auto again = store::ensure_environment_name(tx, one.id, "sTAGING", at(1));
      CHECK(again.id == first.id);
      CHECK(again.name == "Staging");
      const auto elsewhere = store::ensure_environment_name(tx, two.id, "STAGING", at(2));
      CHECK(elsewhere.id != first.id);
      CHECK(elsewhere.name == "STAGING");
      CHECK(store::ensure_environment_name(tx, one.id, "staging ", at(3)).id != first.id);
      CHECK(store::ensure_environment_name(tx, one.id, "Ümlaut", at(3)).name == "Ümlaut");
    });
  });
}

TEST_CASE("ensure_environment_name: several threads at once make one row") {
  for_each_engine([](sql::Database& db) {
    const auto repository = test::write(db, [](sql::Writer& tx) {
      return add_repository(tx, add_account(tx, "ada"), "application");
    });
    std::array<EnvironmentNameId, 8> ids;
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < ids.size(); ++i) {
      threads.emplace_back([&, i] {
        ids[i] = test::write(db, [&](sql::Writer& tx) {
                   return store::ensure_environment_name(tx, repository.id, i % 2 ? "Prod" : "PROD",
                                                         at(0));
                 }).id;
      });
    }
    threads.clear();
    for (auto id : ids) CHECK(id == ids[0]);
  });
}
