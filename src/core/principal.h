#pragma once
#include <optional>
#include <string>

#include "core/account.h"
#include "core/repository.h"
#include "core/team.h"
#include "core/token.h"

namespace esclusa::core {

/// Who asks: an account by one of its tokens, a deploy key, or nobody. The machine's administrator,
/// who comes through the unix socket, has no account either.
struct Principal {
  std::optional<Account> account;
  std::optional<Token> token;
  std::string request_id;  ///< of the request that it made, for the audit log
  /// Set if it is a deploy key, which has nobody's account and nobody's rights.
  std::optional<DeployKeyId> deploy_key_id = {};
};

/// What a route demands of the principal, beside its being there. In an organization `Role::admin`
/// is its owners, and any other role all of its members.
struct Requirement {
  Role role = Role::read;
  /// Any of these opens the route (`public_repo` only on public repositories); reading a public
  /// repository asks for none.
  Scopes scopes;
  /// Whether it changes something that readers may change: then a public repository asks for an
  /// account and a scope, too.
  bool acts = false;
};

/// Judges access to one repository. `role` is what the account was granted there.
/// Errors as in docs/decisions/0005: what may not be seen is `not_found`.
Result<void> check_access(const Principal& principal, const Repository& repository, Role role,
                          const Requirement& requirement);

/// Judges access to an organization. `role` is what the account is there. Whoever is no member, and
/// whoever has no fitting scope, is told `not_found`; so is a member who is no owner of what
/// members do not see either, which is what no scope opens that also reads the organization.
Result<void> check_organization_access(const Principal& principal, std::optional<MemberRole> role,
                                       const Requirement& requirement);

/// The role that counts in an organization: site administrators are owners.
std::optional<MemberRole> effective_member_role(const Principal& principal,
                                                std::optional<MemberRole> granted);

/// The role that counts: owners and site administrators are admins, public is readable.
Role effective_role(const Principal& principal, const Repository& repository, Role granted);

}  // namespace esclusa::core
