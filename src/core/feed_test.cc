#include "core/feed.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

Principal with_token(const std::string& scopes) {
  Principal principal;
  principal.account = Account{};
  principal.account->id = AccountId{7};
  principal.token = Token{};
  principal.token->scopes = Scopes::parse(scopes).value();
  return principal;
}

Repository repository_of(Visibility visibility) {
  Repository repository;
  repository.owner.id = AccountId{1};
  repository.visibility = visibility;
  return repository;
}

constexpr std::string_view kinds[] = {"deployment", "deployment_status", "status", "check_run",
                                      "push"};

/// The kinds of event that a reader with these scopes may read, in the order above.
std::string readable(const std::string& scopes, Visibility visibility, Role role = Role::read) {
  std::string found;
  for (std::string_view kind : kinds) {
    if (!may_read_event(with_token(scopes), repository_of(visibility), role, kind)) continue;
    found += (found.empty() ? "" : " ") + std::string(kind);
  }
  return found;
}

const std::string all = "deployment deployment_status status check_run push";
constexpr auto is_private = Visibility::is_private;
constexpr auto is_public = Visibility::is_public;

}  // namespace

TEST_CASE("may_read_event: a token reads the events whose API its scopes allow") {
  CHECK(readable("repo", is_private) == all);
  CHECK(readable("repo_deployment", is_private) == "deployment deployment_status");
  CHECK(readable("repo:status", is_private) == "status");
  CHECK(readable("repo_deployment repo:status", is_private) ==
        "deployment deployment_status status");
  for (const char* others : {"", "public_repo", "admin:repo_hook", "workflow user admin:org"}) {
    CHECK(readable(others, is_private).empty());
  }
}

TEST_CASE("may_read_event: a public repository's events are readable, also without a token") {
  CHECK(readable("", is_public, Role::none) == all);
  CHECK(may_read_event({}, repository_of(is_public), Role::none, "push"));
  CHECK_FALSE(may_read_event({}, repository_of(is_private), Role::none, "deployment"));
}

TEST_CASE("may_read_event: without a role, no event of a private repository") {
  CHECK(readable("repo", is_private, Role::none).empty());
}

TEST_CASE("may_read_event: only administrators read deploy key events, also if all is public") {
  for (const auto visibility : {is_private, is_public}) {
    const Repository repository = repository_of(visibility);
    CHECK(may_read_event(with_token("repo"), repository, Role::admin, "deploy_key"));
    CHECK_FALSE(may_read_event(with_token("repo"), repository, Role::maintain, "deploy_key"));
    CHECK_FALSE(
        may_read_event(with_token("repo_deployment"), repository, Role::admin, "deploy_key"));
    CHECK_FALSE(may_read_event({}, repository, Role::none, "deploy_key"));
  }
}

TEST_CASE("may_read_event: nobody reads events of an unknown kind") {
  CHECK_FALSE(may_read_event(with_token("repo"), repository_of(is_public), Role::admin, "ping"));
}

TEST_CASE("feed_requirement: satisfied exactly by the scopes that allow one kind of event") {
  for (std::string_view kind : kinds) {
    for (Scope scope :
         {Scope::repo, Scope::repo_deployment, Scope::repo_status, Scope::public_repo}) {
      if (Scopes{scope}.has_any(event_requirement(kind)->scopes)) {
        CHECK(Scopes{scope}.has_any(feed_requirement().scopes));
      }
    }
  }
  const Scopes others{Scope::admin_repo_hook, Scope::user, Scope::workflow};
  CHECK_FALSE(others.has_any(feed_requirement().scopes));
}
