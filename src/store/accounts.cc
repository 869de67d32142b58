#include "store/accounts.h"

#include "base/check.h"
#include "core/names.h"
#include "store/columns.h"
#include "store/conditions.h"

namespace esclusa::store {

std::string account_columns(std::string_view alias) {
  std::string columns;
  for (const char* name : {"id", "login", "kind", "site_admin", "human_id", "blocked_at",
                           "created_at", "updated_at"}) {
    if (!columns.empty()) columns += ", ";
    columns += std::string(alias) + "." + name;
  }
  return columns;
}

core::Account read_account(const sql::Row& row, int first) {
  return {
      .id = {row.integer(first)},
      .login = std::string(row.text(first + 1)),
      .kind = read_enum<core::AccountKind>(row, first + 2),
      .site_admin = row.boolean(first + 3),
      .human_id = read_optional_id<AccountId>(row, first + 4),
      .blocked_at = read_optional_time(row, first + 5),
      .created_at = from_micros(row.integer(first + 6)),
      .updated_at = from_micros(row.integer(first + 7)),
  };
}

std::optional<AccountId> insert_account(sql::Writer& tx, const core::Account& account) {
  return tx.one(
      "insert into account (login, login_key, kind, site_admin, human_id, created_at, updated_at) "
      "values ($1, $2, $3, $4, $5, $6, $6) on conflict (login_key) do nothing returning id",
      {account.login, core::fold_case(account.login), core::to_name(account.kind),
       account.site_admin, id_value(account.human_id), to_micros(account.created_at)},
      [](const sql::Row& row) { return AccountId{row.integer(0)}; });
}

std::optional<core::Account> find_account(sql::Reader& db, AccountId id) {
  static const std::string sql =
      "select " + account_columns("a") + " from account a where a.id = $1";
  return db.one(sql, {id.value}, [](const sql::Row& row) { return read_account(row); });
}

std::optional<core::Account> find_account(sql::Reader& db, std::string_view login) {
  static const std::string sql =
      "select " + account_columns("a") + " from account a where a.login_key = $1";
  return db.one(sql, {core::fold_case(login)},
                [](const sql::Row& row) { return read_account(row); });
}

std::vector<core::Account> list_accounts(sql::Reader& db) {
  static const std::string sql =
      "select " + account_columns("a") + " from account a order by a.login_key";
  return db.all(sql, {}, [](const sql::Row& row) { return read_account(row); });
}

core::Listing<core::Account> search_accounts(sql::Reader& db, const core::NameSearch& search,
                                             const core::Page& page) {
  Conditions where("a.id > 0", {});
  for (const std::string& word : search.words) where.add_contains("a.login_key", word);
  if (!search.owner.empty()) where.add("a.login_key = ?", search.owner);
  auto select = [](const std::string& rest) {
    return "select " + account_columns("a") + " from account a " + rest;
  };
  return where.list(db, "account a", select, "a.login_key", page,
                    [](const sql::Row& row) { return read_account(row); });
}

bool has_accounts(sql::Reader& db) {
  return db.number("select count(*) from (select 1 from account limit 1) as found") > 0;
}

void set_blocked(sql::Writer& tx, AccountId account, std::optional<Timestamp> at,
                 std::optional<AccountId> with) {
  tx.execute("update account set blocked_at = $2, blocked_with = $3 where id = $1",
             {account.value, time_value(at), id_value(with)});
}

std::vector<Bot> list_bots(sql::Reader& db, AccountId human) {
  static const std::string sql = "select " + account_columns("a") +
                                 ", case when a.blocked_with is null then 0 else 1 end "
                                 "from account a where a.human_id = $1 order by a.login_key";
  return db.all(sql, {human.value}, [](const sql::Row& row) {
    return Bot{read_account(row), row.boolean(account_column_count)};
  });
}

int64_t count_administrators(sql::Reader& db) {
  return db.number("select count(*) from account where site_admin = 1 and blocked_at is null");
}

namespace {

const std::string token_columns =
    "t.id, t.account_id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at, "
    "t.revoked_at";
constexpr int token_column_count = 8;

core::Token read_token(const sql::Row& row) {
  auto scopes = core::Scopes::parse(row.text(3));
  ENSURE(scopes.has_value());
  return {
      .id = {row.integer(0)},
      .account_id = {row.integer(1)},
      .name = std::string(row.text(2)),
      .scopes = *scopes,
      .created_at = from_micros(row.integer(4)),
      .expires_at = read_optional_time(row, 5),
      .last_used_at = read_optional_time(row, 6),
      .revoked_at = read_optional_time(row, 7),
  };
}

}  // namespace

TokenId insert_token(sql::Writer& tx, const core::Token& token, std::string_view digest) {
  return {
      tx.insert("insert into token (account_id, name, digest, scopes, created_at, expires_at) "
                "values ($1, $2, $3, $4, $5, $6)",
                {token.account_id.value, token.name, digest, token.scopes.to_text(),
                 to_micros(token.created_at), time_value(token.expires_at)})};
}

namespace {

std::string select_token_owners(std::string_view condition) {
  return "select " + token_columns + ", " + account_columns("a") +
         " from token t join account a on a.id = t.account_id where " + std::string(condition);
}

TokenOwner read_token_owner(const sql::Row& row) {
  return {read_token(row), read_account(row, token_column_count)};
}

}  // namespace

std::optional<TokenOwner> find_token(sql::Reader& db, std::string_view digest) {
  static const std::string sql = select_token_owners("t.digest = $1");
  return db.one(sql, {digest}, read_token_owner);
}

std::optional<TokenOwner> find_token(sql::Reader& db, TokenId id) {
  static const std::string sql = select_token_owners("t.id = $1");
  return db.one(sql, {id.value}, read_token_owner);
}

std::vector<core::Token> list_tokens(sql::Reader& db, AccountId account) {
  static const std::string sql =
      "select " + token_columns + " from token t where t.account_id = $1 order by t.id";
  return db.all(sql, {account.value}, read_token);
}

bool revoke_token(sql::Writer& tx, TokenId id, Timestamp now) {
  tx.execute("delete from agent_seen where token_id = $1", {id.value});
  return tx.execute("update token set revoked_at = $2 where id = $1 and revoked_at is null",
                    {id.value, to_micros(now)}) > 0;
}

void touch_token(sql::Writer& tx, TokenId id, Timestamp now) {
  tx.execute("update token set last_used_at = $2 where id = $1", {id.value, to_micros(now)});
}

}  // namespace esclusa::store
