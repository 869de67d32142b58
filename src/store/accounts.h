#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/account.h"
#include "core/name_search.h"
#include "core/page.h"
#include "core/token.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the account; nullopt if the login is taken. `account.id` is ignored.
std::optional<AccountId> insert_account(sql::Writer& tx, const core::Account& account);
std::optional<core::Account> find_account(sql::Reader& db, AccountId id);
/// The login is compared without regard to case.
std::optional<core::Account> find_account(sql::Reader& db, std::string_view login);
std::vector<core::Account> list_accounts(sql::Reader& db);
/// The accounts whose logins contain all words of the search, by login.
core::Listing<core::Account> search_accounts(sql::Reader& db, const core::NameSearch& search,
                                             const core::Page& page);
bool has_accounts(sql::Reader& db);

/// Blocks the account, or unblocks it if `at` is nullopt. `with` is the human together with whom a
/// bot is blocked.
void set_blocked(sql::Writer& tx, AccountId account, std::optional<Timestamp> at,
                 std::optional<AccountId> with = {});
/// The bots of a human, by login, and whether they were blocked together with the human.
struct Bot {
  core::Account account;
  bool blocked_along = false;
};
std::vector<Bot> list_bots(sql::Reader& db, AccountId human);
/// The number of site administrators that are not blocked.
int64_t count_administrators(sql::Reader& db);

TokenId insert_token(sql::Writer& tx, const core::Token& token, std::string_view digest);
struct TokenOwner {
  core::Token token;
  core::Account account;
};
std::optional<TokenOwner> find_token(sql::Reader& db, std::string_view digest);
std::optional<TokenOwner> find_token(sql::Reader& db, TokenId id);
std::vector<core::Token> list_tokens(sql::Reader& db, AccountId account);
/// False if there is no such token, or it is already revoked.
bool revoke_token(sql::Writer& tx, TokenId id, Timestamp now);
void touch_token(sql::Writer& tx, TokenId id, Timestamp now);

// For joins in other files: the columns of an account under an alias, and their reader.
inline constexpr int account_column_count = 8;
std::string account_columns(std::string_view alias);
core::Account read_account(const sql::Row& row, int first_column = 0);

}  // namespace esclusa::store
