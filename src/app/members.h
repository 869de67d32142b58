#pragma once
#include <optional>
#include <string>

#include "app/access.h"
#include "app/change.h"
#include "core/page.h"

/// The members of organizations. The caller has judged the access.
namespace esclusa::app {

/// A step of a change: makes the account a member at once, without an invitation, and writes the
/// audit row. `invalid` for an organization.
Result<void> join_organization(Change& change, const core::Account& organization,
                               const core::Account& account, core::MemberRole role);

/// Lists members by login, all or those with the role.
Result<core::Listing<core::Account>> list_members(Reader& db, const OrganizationAccess& access,
                                                  std::optional<core::MemberRole> role,
                                                  const core::Page& page);
/// `not_found` for an account that is not a member.
Result<core::Member> get_member(Reader& db, const OrganizationAccess& access,
                                const std::string& login);
/// Makes the account a member, or changes its role. `forbidden` if no owner would be left.
Result<core::Member> set_member(const Context& context, const OrganizationAccess& access,
                                const std::string& login, core::MemberRole role);
/// Removes the member, also from its teams, and the roles that it was granted directly in the
/// organization's repositories. `forbidden` if no owner would be left.
Result<void> remove_member(const Context& context, const OrganizationAccess& access,
                           const std::string& login);

}  // namespace esclusa::app
