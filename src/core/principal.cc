#include "core/principal.h"

#include <algorithm>

namespace esclusa::core {

Role effective_role(const Principal& principal, const Repository& repository, Role granted) {
  Role base = repository.visibility == Visibility::is_public ? Role::read : Role::none;
  if (!principal.account) return base;
  if (principal.account->site_admin || principal.account->id == repository.owner.id) {
    return Role::admin;
  }
  return std::max(base, granted);
}

namespace {

/// `public_repo` opens what it opens on public repositories only.
bool scopes_open(const Principal& principal, const Repository& repository,
                 const Requirement& requirement) {
  if (!principal.token) return false;
  const bool is_public = repository.visibility == Visibility::is_public;
  return principal.token->scopes.has_any(
      is_public ? requirement.scopes : requirement.scopes.without(Scope::public_repo));
}

}  // namespace

Result<void> check_access(const Principal& principal, const Repository& repository, Role role,
                          const Requirement& requirement) {
  bool is_public = repository.visibility == Visibility::is_public;
  Role held = effective_role(principal, repository, role);
  bool in_scope = scopes_open(principal, repository, requirement);
  if (held == Role::none || (!is_public && !in_scope)) {
    return fail(ErrorCode::not_found, "Not Found");
  }
  if (is_public && requirement.role == Role::read && !requirement.acts) return {};
  if (!principal.account) {
    return fail(ErrorCode::unauthenticated, "Requires authentication");
  }
  if (!in_scope) {
    return fail(ErrorCode::forbidden, "Resource not accessible by personal access token",
                "missing_scope");
  }
  if (held < requirement.role) {
    return fail(ErrorCode::forbidden,
                requirement.role == Role::admin ? "Must have admin rights to Repository."
                                                : "Must have push access to Repository.",
                "missing_role");
  }
  return {};
}

Result<void> check_organization_access(const Principal& principal, bool is_owner,
                                       const Scopes& scopes) {
  const bool may = is_owner || (principal.account && principal.account->site_admin);
  if (!may || !principal.token || !principal.token->scopes.has_any(scopes)) {
    return fail(ErrorCode::not_found, "Not Found");
  }
  return {};
}

}  // namespace esclusa::core
