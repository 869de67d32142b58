#pragma once
#include <string_view>

#include "core/account.h"
#include "core/permission.h"
#include "core/scope.h"

namespace esclusa::core {

/// Whom an operation serves, beside the role and scopes that it demands.
enum class Audience {
  repository,    ///< of one repository: judged for it
  organization,  ///< of one organization: judged for it
  account,       ///< needs an account, with whatever scopes unless the operation names some
  anyone,        ///< also without an account: what the server says of itself
  viewer,        ///< also without an account: a list of what the caller may read
  app,           ///< an app that has signed for itself
  installation,  ///< an app's installation
  local_admin,   ///< only through the administrator's unix socket
  ssh,           ///< only through the unix socket of OpenSSH's helpers
};

/// Something that the server does for an actor, whatever the door: a route of the API, a page or a
/// command points at it. It is the one place that says who may do it. The constants are in
/// `core/operations/`.
struct Operation {
  std::string_view name;  ///< as the constant: `create_deployment`
  Audience audience = Audience::anyone;
  /// In an organization `Role::admin` is its owners, and any other role all of its members.
  Role role = Role::none;
  /// Any of these opens it (`public_repo` only on public repositories); reading a public repository
  /// asks for none.
  Scopes scopes = {};
  /// What an app's installation needs instead of a role and scopes; none: it may not do it.
  NeededPermissions permissions = {};
  /// Whether it changes something that readers may change: then a public repository asks for an
  /// account and a scope, too.
  bool acts = false;
  /// Of an operation in a repository: scopes that show the object but do not open the operation. A
  /// token with one of them gets 403 `missing_scope`, not 404.
  Scopes seen_by = {};
  /// Whether agents may do it, by a token of an agent: in its repository, and there with the
  /// deployments of its environments, which app/ judges.
  bool for_agents = false;
};

/// The same operation, also for agents.
inline Operation also_for_agents(Operation operation) {
  operation.for_agents = true;
  return operation;
}

}  // namespace esclusa::core
