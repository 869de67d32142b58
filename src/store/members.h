#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/page.h"
#include "core/team.h"
#include "sql/connection.h"

/// The members of organizations.
namespace esclusa::store {

/// Makes `account` a member of the organization, or changes its role.
void set_member(sql::Writer& tx, AccountId organization, AccountId account, core::MemberRole role);
/// nullopt for an account that is not a member.
std::optional<core::MemberRole> find_member_role(sql::Reader& db, AccountId organization,
                                                 AccountId account);
/// The organizations whose only owner, among humans who are not blocked, is the account; by login.
std::vector<std::string> list_owned_alone(sql::Reader& db, AccountId account);
/// Whether the organization has another owner who is a human and not blocked. Bots do not count.
bool has_other_owner(sql::Reader& db, AccountId organization, AccountId account);
/// The organizations of an account, by login; with a viewer, only those that the viewer is a member
/// of too.
core::Listing<core::Account> list_organizations(sql::Reader& db, AccountId account,
                                                std::optional<AccountId> viewer,
                                                const core::Page& page);
/// By login, all or those with the role.
core::Listing<core::Account> list_members(sql::Reader& db, AccountId organization,
                                          std::optional<core::MemberRole> role,
                                          const core::Page& page);
/// Removes the account from the organization and its teams, and the roles granted to it in the
/// organization's repositories. False if it was not a member.
bool remove_member(sql::Writer& tx, AccountId organization, AccountId account);

}  // namespace esclusa::store
