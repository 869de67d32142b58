#pragma once
#include <optional>
#include <string>

#include "core/account.h"
#include "core/repository.h"
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

/// What a route demands of the principal, beside its being there.
struct Requirement {
  Role role = Role::read;
  /// Any of these opens the route (`public_repo` only on public repositories); reading a public
  /// repository asks for none.
  Scopes scopes;
};

/// Judges access to one repository. `role` is what the account was granted there.
/// Errors as behaviour.md §1 has them: what may not be seen is `not_found`.
Result<void> check_access(const Principal& principal, const Repository& repository, Role role,
                          const Requirement& requirement);

/// Judges access to what an organization's owners alone may do, and site administrators. Everybody
/// else is told `not_found`, as on GitHub.
Result<void> check_organization_access(const Principal& principal, bool is_owner,
                                       const Scopes& scopes);

/// The role that counts: owners and site administrators are admins, public is readable.
Role effective_role(const Principal& principal, const Repository& repository, Role granted);

}  // namespace esclusa::core
