#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/account.h"

namespace esclusa::core {

/// The program's only case fold: ASCII letters to lower case (docs/decisions/0004). The stored keys
/// of logins, repositories and environments are folded.
std::string fold_case(std::string_view name);

/// GitHub's rules: letters, digits and single inner hyphens, at most 39 characters; a bot's login
/// may end in `[bot]`. Names that are also part of a path of the API are reserved.
Result<void> check_login(std::string_view login, AccountKind kind);
/// Letters, digits, `-`, `_` and `.`; at most 100; not `.`, `..`, nor ending in `.git`.
Result<void> check_repository_name(std::string_view name);
/// 1 to 255 characters without control characters.
Result<void> check_environment_name(std::string_view name);

/// The email address of an account in commits. It cannot receive mail.
std::string address_of(const Account& account);
/// The account with that commit address, `ID+login@users.noreply.esclusa.invalid`. Accounts have no
/// other address.
std::optional<AccountId> account_of_address(std::string_view email);

/// Checks an http or https link for people; empty means no link. As on GitHub, characters that no
/// URI allows are accepted, but none that could end a line or an attribute. The link is stored as
/// sent. Because of this check no page can show a `javascript:` link.
Result<void> check_link(std::string_view url, const std::string& resource,
                        const std::string& field);

}  // namespace esclusa::core
