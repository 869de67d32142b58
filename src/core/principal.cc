#include "core/principal.h"

#include <algorithm>

namespace esclusa::core {

Role effective_role(const Principal& principal, const Repository& repository, Role granted) {
  if (repository.removed_at) return Role::none;
  Role base = repository.visibility == Visibility::is_public ? Role::read : Role::none;
  if (!principal.account) return base;
  if (principal.account->site_admin || principal.account->id == repository.owner.id) {
    return Role::admin;
  }
  return std::max(base, granted);
}

namespace {

/// `public_repo` opens a route only for public repositories.
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

std::optional<MemberRole> effective_member_role(const Principal& principal,
                                                std::optional<MemberRole> granted) {
  if (!principal.account) return std::nullopt;
  return principal.account->site_admin ? MemberRole::admin : granted;
}

Result<void> check_organization_access(const Principal& principal, std::optional<MemberRole> role,
                                       const Requirement& requirement) {
  const auto held = effective_member_role(principal, role);
  const bool in_scope = principal.token && principal.token->scopes.has_any(requirement.scopes);
  if (!held || !in_scope) return fail(ErrorCode::not_found, "Not Found");
  if (requirement.role != Role::admin || held == MemberRole::admin) return {};
  if (!requirement.scopes.has(Scope::read_org)) return fail(ErrorCode::not_found, "Not Found");
  return fail(ErrorCode::forbidden, "You must be an organization owner.", "missing_role");
}

}  // namespace esclusa::core
