#pragma once
#include <optional>
#include <string>

#include "app/context.h"
#include "core/page.h"

/// The members of organizations. The caller has judged the access.
namespace esclusa::app {

/// Makes the account a member at once: nobody is invited. `invalid` for an organization. Writes the
/// audit row. To be called in a transaction.
Result<void> join_organization(store::Connection& tx, const core::Principal& principal,
                               const core::Account& organization, const core::Account& account,
                               core::MemberRole role, Timestamp now);

/// By login; those of that role, or all.
Result<core::Listing<core::Account>> list_members(const Context& context,
                                                  const OrganizationAccess& access,
                                                  std::optional<core::MemberRole> role,
                                                  const core::Page& page);
/// `not_found` for who is no member.
Result<core::Member> get_member(const Context& context, const OrganizationAccess& access,
                                const std::string& login);
/// Makes the account a member, or changes its role. `forbidden` if no owner would be left.
Result<core::Member> set_member(const Context& context, const OrganizationAccess& access,
                                const std::string& login, core::MemberRole role);
/// Also out of its teams, and of the roles that it was granted in person in the organization's
/// repositories. `forbidden` if no owner would be left.
Result<void> remove_member(const Context& context, const OrganizationAccess& access,
                           const std::string& login);

}  // namespace esclusa::app
