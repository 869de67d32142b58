#include "core/scope.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;
using enum esclusa::core::Scope;

TEST_CASE("Scopes: a scope includes what it implies, and nothing wider") {
  struct Row {
    Scope given;
    Scope asked;
    bool expected;
  };
  const Row rows[] = {
      {repo, repo_deployment, true},
      {repo, repo_status, true},
      {repo, public_repo, true},
      {repo, repo_invite, true},
      {repo, security_events, true},
      {repo, admin_repo_hook, true},
      {repo, read_repo_hook, true},  // two steps away
      {repo, workflow, false},
      {repo, delete_repo, false},
      {repo, user, false},
      {repo_deployment, repo_deployment, true},
      {repo_deployment, repo, false},
      {repo_deployment, repo_status, false},
      {repo_deployment, public_repo, false},
      {public_repo, repo_deployment, false},
      {admin_repo_hook, write_repo_hook, true},
      {admin_repo_hook, read_repo_hook, true},
      {write_repo_hook, read_repo_hook, true},
      {write_repo_hook, admin_repo_hook, false},
      {read_repo_hook, write_repo_hook, false},
      {admin_org, read_org, true},
      {user, user_email, true},
      {read_user, user, false},
  };
  for (const Row& row : rows) {
    CAPTURE(Scopes{row.given}.to_text());
    CAPTURE(Scopes{row.asked}.to_text());
    CHECK(Scopes{row.given}.has(row.asked) == row.expected);
  }
}

TEST_CASE("Scopes: the text is sorted and omits implied scopes") {
  struct Row {
    const char* given;
    const char* text;
  };
  const Row rows[] = {
      {"", ""},
      {"repo", "repo"},
      {"repo:status,public_repo", "public_repo, repo:status"},
      {"repo_deployment repo", "repo"},
      {"read:repo_hook, repo", "repo"},
      {"write:org,read:org,read:user", "read:user, write:org"},
      {"user:email,user", "user"},
      {"repo,repo,repo", "repo"},
      {" , repo ,, workflow ", "repo, workflow"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.given);
    auto scopes = Scopes::parse(row.given);
    REQUIRE(scopes);
    CHECK(scopes->to_text() == row.text);
    auto again = Scopes::parse(scopes->to_text());
    REQUIRE(again);
    CHECK(again->to_text() == row.text);
  }
}

TEST_CASE("Scopes::parse: an unknown name is refused and named") {
  for (std::string name : {"admin", "Repo", "repo:deployment", "repo;user", "__proto__"}) {
    CAPTURE(name);
    auto scopes = Scopes::parse("repo," + name);
    REQUIRE_FALSE(scopes);
    CHECK(scopes.error().code == ErrorCode::invalid);
    CHECK(scopes.error().message == "Unknown scope: " + name);
  }
}

TEST_CASE("Scopes::has_any: one of the required scopes is enough") {
  const Scopes asked{repo, repo_deployment};
  CHECK(Scopes{repo}.has_any(asked));
  CHECK(Scopes{repo_deployment}.has_any(asked));
  CHECK_FALSE(Scopes{}.has_any(asked));
  CHECK_FALSE(Scopes{user}.has_any(asked));
  // A scope that the required scopes imply is not enough.
  CHECK_FALSE(Scopes{repo_status}.has_any(asked));
  CHECK_FALSE(Scopes{repo}.has_any(Scopes{}));
}

TEST_CASE("Scopes::without: removes one name and keeps the others") {
  const Scopes asked = Scopes{repo, public_repo}.without(public_repo);
  CHECK_FALSE(Scopes{public_repo}.has_any(asked));
  CHECK(Scopes{repo}.has_any(asked));
  CHECK_FALSE(asked.empty());
  CHECK(Scopes{public_repo}.without(public_repo).empty());
}
