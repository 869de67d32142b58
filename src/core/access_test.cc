#include "core/access.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

using enum Scope;

// The scopes of operations, as core/operations/ has them.
const Scopes deployments{repo, repo_deployment, public_repo};
const Scopes code{repo, public_repo};
const Scopes hooks_read{repo, public_repo, read_repo_hook};

Repository repository(Visibility visibility) {
  Repository made;
  made.id = {1};
  made.owner.id = {10};
  made.owner.login = "demo";
  made.visibility = visibility;
  return made;
}

Operation demand(Role role, Scopes scopes, bool acts = false) {
  return {"test", Audience::repository, role, std::move(scopes), {}, acts};
}

Actor caller(std::string_view scopes, Account account) {
  Token token;
  token.scopes = Scopes::parse(scopes).value();
  return Actor::by_token(std::move(account), std::move(token));
}

Account account(int64_t id, bool site_admin = false) {
  Account made;
  made.id = {id};
  made.site_admin = site_admin;
  return made;
}

Actor caller(std::string_view scopes) { return caller(scopes, account(20)); }

/// 200, or the status that the refusal becomes.
int outcome(const Actor& actor, Visibility visibility, Role role, const Operation& operation) {
  auto checked = check_access(actor, repository(visibility), role, operation);
  if (checked) return 200;
  switch (checked.error().code) {
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::forbidden: return 403;
    case ErrorCode::not_found: return 404;
    default: return 0;
  }
}

constexpr auto is_public = Visibility::is_public;
constexpr auto is_private = Visibility::is_private;

}  // namespace

TEST_CASE("check_access: visibility, role and scopes against a route's requirement") {
  struct Row {
    Visibility visibility;
    Role role;
    const char* scopes;
    Role demanded;
    const Scopes& opened_by;
    int expected;
  };
  const Row rows[] = {
      // Reading deployments.
      {is_private, Role::none, "repo", Role::read, deployments, 404},
      {is_private, Role::read, "", Role::read, deployments, 404},
      {is_private, Role::read, "user", Role::read, deployments, 404},
      {is_private, Role::read, "public_repo", Role::read, deployments, 404},
      {is_private, Role::read, "repo:status", Role::read, deployments, 404},
      {is_private, Role::read, "repo_deployment", Role::read, deployments, 200},
      {is_private, Role::read, "repo", Role::read, deployments, 200},
      {is_public, Role::none, "", Role::read, deployments, 200},
      {is_public, Role::none, "user", Role::read, deployments, 200},
      // Creating deployments and statuses.
      {is_private, Role::none, "repo_deployment", Role::write, deployments, 404},
      {is_private, Role::admin, "public_repo", Role::write, deployments, 404},
      {is_private, Role::read, "repo_deployment", Role::write, deployments, 403},
      {is_private, Role::triage, "repo", Role::write, deployments, 403},
      {is_private, Role::write, "repo_deployment", Role::write, deployments, 200},
      {is_private, Role::maintain, "repo", Role::write, deployments, 200},
      {is_public, Role::none, "repo", Role::write, deployments, 403},
      {is_public, Role::write, "", Role::write, deployments, 403},
      {is_public, Role::write, "repo:status", Role::write, deployments, 403},
      {is_public, Role::write, "public_repo", Role::write, deployments, 200},
      {is_public, Role::write, "repo_deployment", Role::write, deployments, 200},
      // repo_deployment gives access to deployments, but not to code.
      {is_private, Role::admin, "repo_deployment", Role::read, code, 404},
      {is_private, Role::read, "repo", Role::read, code, 200},
      {is_private, Role::read, "public_repo", Role::read, code, 404},
      {is_public, Role::none, "repo_deployment", Role::read, code, 200},
      // Hooks are for administrators, also on public repositories.
      {is_private, Role::admin, "repo_deployment", Role::admin, hooks_read, 404},
      {is_private, Role::admin, "read:repo_hook", Role::admin, hooks_read, 200},
      {is_private, Role::admin, "admin:repo_hook", Role::admin, hooks_read, 200},
      {is_private, Role::maintain, "repo", Role::admin, hooks_read, 403},
      {is_public, Role::admin, "repo_deployment", Role::admin, hooks_read, 403},
      {is_public, Role::admin, "public_repo", Role::admin, hooks_read, 200},
      {is_public, Role::none, "repo", Role::admin, hooks_read, 403},
  };
  for (const Row& row : rows) {
    CAPTURE(to_name(row.visibility));
    CAPTURE(to_name(row.role));
    CAPTURE(row.scopes);
    CAPTURE(to_name(row.demanded));
    CAPTURE(row.opened_by.to_text());
    CHECK(outcome(caller(row.scopes), row.visibility, row.role,
                  demand(row.demanded, row.opened_by)) == row.expected);
  }
}

TEST_CASE("check_access: nobody reads public repositories, and learns of no private one") {
  const Actor nobody = Actor::nobody();
  CHECK(outcome(nobody, is_public, Role::none, demand(Role::read, deployments)) == 200);
  CHECK(outcome(nobody, is_public, Role::none, demand(Role::write, deployments)) == 401);
  CHECK(outcome(nobody, is_public, Role::none, demand(Role::admin, hooks_read)) == 401);
  for (Role demanded : {Role::read, Role::write, Role::admin}) {
    CHECK(outcome(nobody, is_private, Role::none, demand(demanded, deployments)) == 404);
  }
}

TEST_CASE("check_access: refusals have GitHub's messages") {
  auto message = [](const char* scopes, Role role, Role demanded) {
    return check_access(caller(scopes), repository(is_public), role, demand(demanded, deployments))
        .error()
        .message;
  };
  CHECK(message("", Role::write, Role::write) ==
        "Resource not accessible by personal access token");
  CHECK(message("repo", Role::read, Role::write) == "Must have push access to Repository.");
  CHECK(message("repo", Role::write, Role::admin) == "Must have admin rights to Repository.");
  auto hidden = check_access(caller("repo"), repository(is_private), Role::none,
                             demand(Role::read, deployments));
  CHECK(hidden.error().message == "Not Found");
  CHECK(hidden.error().reason_code.empty());  // it must look the same as an absent repository
}

TEST_CASE("effective_role: owners and site administrators are admins, whatever was granted") {
  const Repository secret = repository(is_private);
  const Account owner = account(10), administrator = account(20, true);
  CHECK(effective_role(&owner, secret, Role::none) == Role::admin);
  CHECK(effective_role(&administrator, secret, Role::none) == Role::admin);
  // But their tokens still need the scope.
  CHECK(outcome(caller("", administrator), is_private, Role::none,
                demand(Role::read, deployments)) == 404);
}

TEST_CASE("effective_role: a public repository is readable, and a grant never lowers that") {
  const Account reader = account(20);
  CHECK(effective_role(nullptr, repository(is_public), Role::none) == Role::read);
  CHECK(effective_role(nullptr, repository(is_private), Role::none) == Role::none);
  CHECK(effective_role(&reader, repository(is_public), Role::none) == Role::read);
  CHECK(effective_role(&reader, repository(is_public), Role::write) == Role::write);
  CHECK(effective_role(&reader, repository(is_private), Role::triage) == Role::triage);
  // Without an account nothing can have been granted.
  CHECK(effective_role(nullptr, repository(is_private), Role::admin) == Role::none);
}

namespace {

/// 0 if it opens, and otherwise the HTTP status of the refusal.
int outcome_there(const Actor& actor, std::optional<MemberRole> role, const Operation& operation) {
  const auto checked = check_organization_access(actor, role, operation);
  if (checked) return 0;
  if (checked.error().code == ErrorCode::not_found) return 404;
  CHECK(checked.error().code == ErrorCode::forbidden);
  CHECK(checked.error().reason_code == "missing_role");
  return 403;
}

}  // namespace

TEST_CASE("check_organization_access: what owners alone see is there for owners with the scope") {
  const Operation hooks = demand(Role::admin, {admin_org_hook});
  const Actor nobody = Actor::nobody(), chief = caller("admin:org_hook", account(20, true));
  CHECK(outcome_there(caller("admin:org_hook"), MemberRole::admin, hooks) == 0);
  CHECK(outcome_there(chief, std::nullopt, hooks) == 0);
  CHECK(outcome_there(chief, MemberRole::member, hooks) == 0);
  CHECK(outcome_there(caller("admin:org_hook"), MemberRole::member, hooks) == 404);
  CHECK(outcome_there(caller("admin:org_hook"), std::nullopt, hooks) == 404);
  CHECK(outcome_there(caller("repo, admin:org, admin:repo_hook"), MemberRole::admin, hooks) == 404);
  CHECK(outcome_there(nobody, std::nullopt, hooks) == 404);
  CHECK(outcome_there(caller("", account(20, true)), MemberRole::admin, hooks) == 404);
}

TEST_CASE("check_organization_access: members read; what they see and may not change is 403") {
  const Operation reading = demand(Role::read, {read_org});
  const Operation writing = demand(Role::admin, {write_org});
  for (const char* scopes : {"read:org", "write:org", "admin:org"}) {
    CHECK(outcome_there(caller(scopes), MemberRole::member, reading) == 0);
    CHECK(outcome_there(caller(scopes), MemberRole::admin, reading) == 0);
    CHECK(outcome_there(caller(scopes), std::nullopt, reading) == 404);
  }
  CHECK(outcome_there(caller("repo, user"), MemberRole::admin, reading) == 404);
  CHECK(outcome_there(caller("read:org"), MemberRole::admin, writing) == 404);
  CHECK(outcome_there(caller("write:org"), MemberRole::admin, writing) == 0);
  CHECK(outcome_there(caller("admin:org"), MemberRole::admin, writing) == 0);
  CHECK(outcome_there(caller("write:org"), MemberRole::member, writing) == 403);
  CHECK(outcome_there(caller("read:org"), MemberRole::member, writing) == 404);
  CHECK(outcome_there(caller("write:org"), std::nullopt, writing) == 404);
  CHECK(outcome_there(Actor::nobody(), std::nullopt, reading) == 404);
}

TEST_CASE("check_access: what readers may change asks for an account and a scope, also in public") {
  const Operation review = demand(Role::read, code, true);
  CHECK(outcome(Actor::nobody(), is_public, Role::none, review) == 401);
  CHECK(outcome(Actor::nobody(), is_private, Role::none, review) == 404);
  CHECK(outcome(caller("read:user"), is_public, Role::none, review) == 403);
  CHECK(outcome(caller("public_repo"), is_public, Role::none, review) == 200);
  CHECK(outcome(caller("public_repo"), is_private, Role::read, review) == 404);
  CHECK(outcome(caller("repo_deployment"), is_private, Role::read, review) == 404);
  CHECK(outcome(caller("repo"), is_private, Role::read, review) == 200);
}

TEST_CASE("check_access: a scope that shows what an operation is about is told what it lacks") {
  Operation bypass = demand(Role::admin, code);
  bypass.seen_by = deployments;
  const auto refusal = [&](const char* scopes, Role granted) {
    return check_access(caller(scopes), repository(is_private), granted, bypass).error();
  };
  CHECK(refusal("repo_deployment", Role::read).reason_code == "missing_scope");
  CHECK(refusal("repo_deployment", Role::none).code == ErrorCode::not_found);
  CHECK(refusal("repo:status", Role::read).code == ErrorCode::not_found);
  CHECK(may_see(caller("repo_deployment"), repository(is_private), Role::read, bypass));
  CHECK_FALSE(may_see(caller("repo:status"), repository(is_private), Role::read, bypass));
}

TEST_CASE("check_access: a session may do all that its account may") {
  const Actor session = Actor::by_session(account(20));
  CHECK(outcome(session, is_private, Role::write, demand(Role::write, deployments)) == 200);
  CHECK(outcome(session, is_private, Role::read, demand(Role::write, deployments)) == 403);
  CHECK(outcome(session, is_private, Role::none, demand(Role::read, deployments)) == 404);
  CHECK(outcome_there(session, MemberRole::member, demand(Role::read, {read_org})) == 0);
  CHECK(check_account_access(session, demand(Role::none, {user})));
}

TEST_CASE("check_account_access: an account, and one of the scopes if the operation names any") {
  const Operation any = demand(Role::none, {}), own = demand(Role::none, {user, read_org});
  CHECK(check_account_access(Actor::nobody(), any).error().code == ErrorCode::unauthenticated);
  CHECK(check_account_access(caller(""), any));
  CHECK(check_account_access(caller("repo"), own).error().reason_code == "missing_scope");
  CHECK(check_account_access(caller("admin:org"), own));
}

namespace {

/// An agent of the repository 1, for the environment 3.
Actor agent(int64_t repository_id = 1) {
  AgentGrant grant;
  grant.token.id = {7};
  grant.repository_id = {repository_id};
  grant.environments = {{EnvironmentNameId{3}, "Production"}};
  grant.account = account(30);
  return Actor::by_agent(std::move(grant));
}

Operation agents_may(Operation operation) { return also_for_agents(std::move(operation)); }

}  // namespace

TEST_CASE("check_access: an agent does in its repository what agents may do, and no more") {
  const Operation reads = demand(Role::read, deployments),
                  writes = demand(Role::write, deployments);
  const Operation acts = demand(Role::read, code, true);
  for (const Role granted : {Role::none, Role::admin}) {  // a role of the bot counts for nothing
    for (const auto visibility : {is_public, is_private}) {
      CHECK(outcome(agent(), visibility, granted, agents_may(reads)) == 200);
      CHECK(outcome(agent(), visibility, granted, agents_may(writes)) == 200);
    }
    CHECK(outcome(agent(), is_private, granted, reads) == 404);
    CHECK(outcome(agent(), is_private, granted, writes) == 404);
    CHECK(outcome(agent(), is_public, granted, reads) == 200);
    CHECK(outcome(agent(), is_public, granted, writes) == 403);
    CHECK(outcome(agent(), is_public, granted, acts) == 403);
    // Elsewhere.
    CHECK(outcome(agent(2), is_private, granted, agents_may(reads)) == 404);
    CHECK(outcome(agent(2), is_private, granted, agents_may(writes)) == 404);
    CHECK(outcome(agent(2), is_public, granted, agents_may(reads)) == 200);
    CHECK(outcome(agent(2), is_public, granted, agents_may(writes)) == 403);
  }
  Repository removed = repository(is_public);
  removed.removed_at = Timestamp{};
  CHECK_FALSE(check_access(agent(), removed, Role::admin, agents_may(reads)));
}

TEST_CASE("check_access: nobody else gains by what agents may do") {
  const Operation writes = agents_may(demand(Role::write, deployments));
  CHECK(outcome(Actor::nobody(), is_public, Role::none, writes) == 401);
  CHECK(outcome(Actor::nobody(), is_private, Role::none, writes) == 404);
  CHECK(outcome(caller("repo_deployment"), is_private, Role::read, writes) == 403);
  CHECK(outcome(Actor::by_session(account(30)), is_private, Role::none, writes) == 404);
}

TEST_CASE("an agent is a member of no organization, has no account's operations, and no role") {
  Operation lists{"test", Audience::organization, Role::read, {read_org}};
  CHECK_FALSE(check_organization_access(agent(), MemberRole::admin, lists));
  Operation own{"test", Audience::account};
  CHECK(check_account_access(agent(), own).error().reason_code == "missing_permission");
  CHECK(check_account_access(agent(), agents_may(own)).has_value());
  CHECK_FALSE(check_app_access(agent()));
  CHECK_FALSE(check_installation_access(agent()));
  CHECK(effective_role(agent(), repository(is_private), Role::admin) == Role::none);
  CHECK(effective_role(agent(), repository(is_public), Role::admin) == Role::read);
}

TEST_CASE("AgentGrant: an environment by the row of its name, or by the name in any case") {
  const Actor actor = agent();
  CHECK(actor.agent()->is_for(EnvironmentNameId{3}));
  CHECK_FALSE(actor.agent()->is_for(EnvironmentNameId{4}));
  CHECK(actor.agent()->is_for("production"));
  CHECK_FALSE(actor.agent()->is_for("product"));
  CHECK_FALSE(actor.agent()->is_for(""));
}
