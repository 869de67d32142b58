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
void set_member(sql::Connection& tx, AccountId organization, AccountId account,
                core::MemberRole role);
/// Nothing for who is no member.
std::optional<core::MemberRole> find_member_role(sql::Connection& db, AccountId organization,
                                                 AccountId account);
/// The organizations that the account owns, and no other human who is not blocked, by login.
std::vector<std::string> list_owned_alone(sql::Connection& db, AccountId account);
/// Whether a human who is not blocked owns the organization, beside the account. Bots do not count.
bool has_other_owner(sql::Connection& db, AccountId organization, AccountId account);
/// The organizations of an account, by login. With a viewer, those of which both are members.
core::Listing<core::Account> list_organizations(sql::Connection& db, AccountId account,
                                                std::optional<AccountId> viewer,
                                                const core::Page& page);
/// By login; those of that role, or all.
core::Listing<core::Account> list_members(sql::Connection& db, AccountId organization,
                                          std::optional<core::MemberRole> role,
                                          const core::Page& page);
/// Takes the account out of the organization, its teams, and the roles that were granted to it in
/// the organization's repositories. False if it was no member.
bool remove_member(sql::Connection& tx, AccountId organization, AccountId account);

}  // namespace esclusa::store
