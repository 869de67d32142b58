#pragma once
#include <optional>

#include "core/actor.h"
#include "core/operation.h"
#include "core/repository.h"
#include "core/team.h"

/// Who may do what: the judgement of an operation in a repository or an organization. Pure.
namespace esclusa::core {

/// Judges an operation in one repository. `granted` is the role that the account was granted there;
/// of an installation it is any role if it reaches the repository, and its permissions are judged.
/// An agent has none: its token says in which repository it may do what agents may do. With which
/// deployments is for app/ to judge.
/// Errors as in docs/decisions/0005: what may not be seen is `not_found`.
Result<void> check_access(const Actor& actor, const Repository& repository, Role granted,
                          const Operation& operation);

/// Whether the actor may see that the repository is there, by a scope that opens or shows the
/// operation.
bool may_see(const Actor& actor, const Repository& repository, Role granted,
             const Operation& operation);

/// Judges an operation in an organization. `granted` is the account's role there; an installation
/// has one if it is installed there, and its permissions are judged. `not_found` for whoever is no
/// member or has no fitting scope. A member who is no owner gets `forbidden` if
/// `read:org` is among the operation's scopes, otherwise `not_found`: members do not see such data.
Result<void> check_organization_access(const Actor& actor, std::optional<MemberRole> granted,
                                       const Operation& operation);

/// Judges an operation of accounts, which is about no repository and no organization.
/// `unauthenticated` without an account, `forbidden` without a scope that it names.
Result<void> check_account_access(const Actor& actor, const Operation& operation);

/// Judges an operation of an app about itself: `unauthenticated` for whoever is no app that signed
/// for itself.
Result<void> check_app_access(const Actor& actor);

/// Judges an operation of an installation about itself: `forbidden` for all others, and
/// `unauthenticated` for nobody.
Result<void> check_installation_access(const Actor& actor);

/// The role that counts in an organization: site administrators are owners.
std::optional<MemberRole> effective_member_role(const Account* account,
                                                std::optional<MemberRole> granted);

/// The role that counts: owners and site administrators are admins, public is readable. `account`
/// is null for nobody.
Role effective_role(const Account* account, const Repository& repository, Role granted);
/// The same for an actor. An installation has what it was granted and no more, whatever its bot is.
/// An agent has what everybody has.
Role effective_role(const Actor& actor, const Repository& repository, Role granted);

}  // namespace esclusa::core
