#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/account.h"

namespace esclusa::core {

/// The one case fold of the program: ASCII letters to lower case (docs/decisions/0004). Keys of
/// logins, repositories and environments are stored folded.
std::string fold_case(std::string_view name);

/// GitHub's rules: letters, digits and single inner hyphens, at most 39; a bot's login may end in
/// `[bot]`. Names that would shadow a path are reserved.
Result<void> check_login(std::string_view login, AccountKind kind);
/// Letters, digits, `-`, `_` and `.`; at most 100; not `.`, `..`, nor ending in `.git`.
Result<void> check_repository_name(std::string_view name);
/// 1 to 255 characters without control characters.
Result<void> check_environment_name(std::string_view name);

/// The address that stands in an account's commits; it leads nowhere.
std::string address_of(const Account& account);
/// Whose address for commits that is: `ID+login@users.noreply.esclusa.invalid`. Nobody has another.
std::optional<AccountId> account_of_address(std::string_view email);

/// An http or https URL for people to open; empty means none. As on GitHub it may have characters
/// that no URI has, but nothing that would end a line or an attribute; it is kept as it was sent.
/// Checked when written, so that no page ever shows a `javascript:` link.
Result<void> check_link(std::string_view url, const std::string& resource,
                        const std::string& field);

}  // namespace esclusa::core
