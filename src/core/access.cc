#include "core/access.h"

#include <algorithm>

namespace esclusa::core {

Role effective_role(const Account* account, const Repository& repository, Role granted) {
  if (repository.removed_at) return Role::none;
  Role base = repository.visibility == Visibility::is_public ? Role::read : Role::none;
  if (account == nullptr) return base;
  if (account->site_admin || account->id == repository.owner.id) return Role::admin;
  return std::max(base, granted);
}

Role effective_role(const Actor& actor, const Repository& repository, Role granted) {
  if (actor.agent() != nullptr) return effective_role(nullptr, repository, Role::none);
  if (actor.installation() == nullptr) return effective_role(actor.account(), repository, granted);
  return std::max(effective_role(nullptr, repository, Role::none),
                  repository.removed_at ? Role::none : granted);
}

namespace {

std::unexpected<Error> hidden() { return fail(ErrorCode::not_found, "Not Found"); }

std::unexpected<Error> missing_scope() {
  return fail(ErrorCode::forbidden, "Resource not accessible by personal access token",
              "missing_scope");
}

std::unexpected<Error> missing_permission() {
  return fail(ErrorCode::forbidden, "Resource not accessible by integration", "missing_permission");
}

std::unexpected<Error> unauthenticated() {
  return fail(ErrorCode::unauthenticated, "Requires authentication");
}

/// `public_repo` opens what it opens on public repositories only.
bool scopes_open(const Actor& actor, const Repository& repository, const Scopes& scopes) {
  const bool is_public = repository.visibility == Visibility::is_public;
  return actor.authority().has_any(is_public ? scopes : scopes.without(Scope::public_repo));
}

/// Whether the actor may see the repository, if these scopes are enough to read.
bool may_read(const Actor& actor, const Repository& repository, Role held, const Scopes& scopes) {
  return held != Role::none &&
         (repository.visibility == Visibility::is_public || scopes_open(actor, repository, scopes));
}

/// Judges an operation of an installation, which reaches the repository if it was granted any role
/// there. Its permissions count, not the role.
Result<void> check_installation(const InstallationGrant& grant, const Repository& repository,
                                Role granted, const Operation& operation) {
  const bool is_public = repository.visibility == Visibility::is_public;
  if (repository.removed_at || (granted == Role::none && !is_public)) return hidden();
  if (is_public && operation.role == Role::read && !operation.acts) return {};
  if (granted == Role::none || !allows(grant, operation.permissions)) return missing_permission();
  return {};
}

/// Judges an operation of an agent. What agents may do, it may do in its repository. Elsewhere it
/// is as somebody without credentials, for whom no others would help.
Result<void> check_agent(const AgentGrant& grant, const Repository& repository,
                         const Operation& operation) {
  if (repository.removed_at) return hidden();
  if (grant.repository_id == repository.id && operation.for_agents) return {};
  if (repository.visibility != Visibility::is_public) return hidden();
  if (operation.role == Role::read && !operation.acts) return {};
  return missing_permission();
}

}  // namespace

Result<void> check_access(const Actor& actor, const Repository& repository, Role granted,
                          const Operation& operation) {
  if (const InstallationGrant* grant = actor.installation()) {
    return check_installation(*grant, repository, granted, operation);
  }
  if (const AgentGrant* grant = actor.agent()) return check_agent(*grant, repository, operation);
  const bool is_public = repository.visibility == Visibility::is_public;
  const Role held = effective_role(actor.account(), repository, granted);
  if (!may_read(actor, repository, held, operation.scopes)) {
    return may_read(actor, repository, held, operation.seen_by) ? missing_scope() : hidden();
  }
  if (is_public && operation.role == Role::read && !operation.acts) return {};
  if (actor.account() == nullptr) return unauthenticated();
  if (!scopes_open(actor, repository, operation.scopes)) return missing_scope();
  if (held < operation.role) {
    return fail(ErrorCode::forbidden,
                operation.role == Role::admin ? "Must have admin rights to Repository."
                                              : "Must have push access to Repository.",
                "missing_role");
  }
  return {};
}

bool may_see(const Actor& actor, const Repository& repository, Role granted,
             const Operation& operation) {
  if (actor.installation() != nullptr) {
    return !repository.removed_at &&
           (granted != Role::none || repository.visibility == Visibility::is_public);
  }
  if (const AgentGrant* grant = actor.agent()) {
    return !repository.removed_at &&
           ((grant->repository_id == repository.id && operation.for_agents) ||
            repository.visibility == Visibility::is_public);
  }
  return may_read(actor, repository, effective_role(actor.account(), repository, granted),
                  operation.seen_by.empty() ? operation.scopes : operation.seen_by);
}

std::optional<MemberRole> effective_member_role(const Account* account,
                                                std::optional<MemberRole> granted) {
  if (account == nullptr) return std::nullopt;
  return account->site_admin ? MemberRole::admin : granted;
}

Result<void> check_organization_access(const Actor& actor, std::optional<MemberRole> granted,
                                       const Operation& operation) {
  if (const InstallationGrant* grant = actor.installation()) {
    if (!granted) return hidden();
    return allows(*grant, operation.permissions) ? Result<void>() : missing_permission();
  }
  if (actor.agent() != nullptr) return hidden();
  const auto held = effective_member_role(actor.account(), granted);
  if (!held || !actor.authority().has_any(operation.scopes)) return hidden();
  if (operation.role != Role::admin || held == MemberRole::admin) return {};
  if (!operation.scopes.has(Scope::read_org)) return hidden();
  return fail(ErrorCode::forbidden, "You must be an organization owner.", "missing_role");
}

Result<void> check_account_access(const Actor& actor, const Operation& operation) {
  if (actor.account() == nullptr) return unauthenticated();
  if (actor.installation() != nullptr) return missing_permission();
  if (actor.agent() != nullptr) return operation.for_agents ? Result<void>() : missing_permission();
  if (!operation.scopes.empty() && !actor.authority().has_any(operation.scopes)) {
    return missing_scope();
  }
  return {};
}

Result<void> check_app_access(const Actor& actor) {
  if (actor.app() != nullptr && actor.installation() == nullptr) return {};
  return fail(ErrorCode::unauthenticated, "A JSON web token could not be decoded");
}

Result<void> check_installation_access(const Actor& actor) {
  if (actor.installation() != nullptr) return {};
  if (actor.account() == nullptr) return unauthenticated();
  return fail(ErrorCode::forbidden, "You must authenticate with an installation access token.",
              "not_an_installation");
}

}  // namespace esclusa::core
