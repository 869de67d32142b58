#pragma once
#include <optional>
#include <string>

#include "core/account.h"
#include "core/repository.h"
#include "core/team.h"
#include "core/token.h"

namespace esclusa::core {

/// Who makes a request: an account by one of its tokens, a deploy key, or nobody. The machine's
/// administrator, who uses the unix socket, has no account either.
struct Principal {
  std::optional<Account> account;
  std::optional<Token> token;
  std::string request_id;  ///< of its request, for the audit log
  /// Set for a deploy key, which has no account and no account's rights.
  std::optional<DeployKeyId> deploy_key_id = {};
};

/// What a route requires from the principal. In an organization, `Role::admin` means its owners,
/// and any other role means all its members.
struct Requirement {
  Role role = Role::read;
  /// One of these scopes is enough (`public_repo` only on public repositories). Reading a public
  /// repository needs none.
  Scopes scopes;
  /// Whether the route changes something that readers may change. Then also a public repository
  /// requires an account and a scope.
  bool acts = false;
};

/// Checks access to one repository. `role` is the role granted to the account there. Errors as in
/// docs/decisions/0005: what the principal may not see is `not_found`.
Result<void> check_access(const Principal& principal, const Repository& repository, Role role,
                          const Requirement& requirement);

/// Checks access to an organization. `role` is the account's role there. `not_found` for
/// non-members and for tokens without a fitting scope. A member who is not an owner gets
/// `forbidden` where the route's scopes include `read:org`, and `not_found` otherwise: members do
/// not see such data.
Result<void> check_organization_access(const Principal& principal, std::optional<MemberRole> role,
                                       const Requirement& requirement);

/// The effective role in an organization: site administrators count as owners.
std::optional<MemberRole> effective_member_role(const Principal& principal,
                                                std::optional<MemberRole> granted);

/// The effective role: owners and site administrators are admins; public repositories are readable.
Role effective_role(const Principal& principal, const Repository& repository, Role granted);

}  // namespace esclusa::core
