#include "store/members.h"

#include "store/accounts.h"
#include "store/columns.h"
#include "store/conditions.h"

namespace esclusa::store {
namespace {

/// Whether the member `other`, with the account `a`, can act as an owner. A bot does not count: it
/// acts for a human, and can be blocked with the human.
const std::string usable_owner =
    "other.role = 'admin' and a.kind = 'user' and a.blocked_at is null";

}  // namespace

void set_member(sql::Writer& tx, AccountId organization, AccountId account, core::MemberRole role) {
  tx.execute(
      "insert into organization_member (organization_id, account_id, role) values ($1, $2, $3) "
      "on conflict (organization_id, account_id) do update set role = excluded.role",
      {organization.value, account.value, core::to_name(role)});
}

std::optional<core::MemberRole> find_member_role(sql::Reader& db, AccountId organization,
                                                 AccountId account) {
  return db.one(
      "select role from organization_member where organization_id = $1 and account_id = $2",
      {organization.value, account.value},
      [](const sql::Row& row) { return read_enum<core::MemberRole>(row, 0); });
}

std::vector<std::string> list_owned_alone(sql::Reader& db, AccountId account) {
  return db.all(
      "select o.login from organization_member m join account o on o.id = m.organization_id "
      "where m.account_id = $1 and m.role = 'admin' and not exists (select 1 from "
      "organization_member other join account a on a.id = other.account_id where "
      "other.organization_id = m.organization_id and "
      "other.account_id <> m.account_id and " +
          usable_owner + ") order by o.login_key",
      {account.value}, [](const sql::Row& row) { return std::string(row.text(0)); });
}

bool has_other_owner(sql::Reader& db, AccountId organization, AccountId account) {
  return db.number(
             "select count(*) from organization_member other join account a on "
             "a.id = other.account_id where other.organization_id = $1 and "
             "other.account_id <> $2 and " +
                 usable_owner,
             {organization.value, account.value}) > 0;
}

core::Listing<core::Account> list_members(sql::Reader& db, AccountId organization,
                                          std::optional<core::MemberRole> role,
                                          const core::Page& page) {
  static const std::string from = "organization_member m join account a on a.id = m.account_id";
  Conditions where("m.organization_id = $1", {organization.value});
  if (role) where.add("m.role = ?", core::to_name(*role));
  auto select = [](const std::string& rest) {
    return "select " + account_columns("a") + " from " + from + " " + rest;
  };
  return where.list(db, from, select, "a.login_key", page,
                    [](const sql::Row& row) { return read_account(row); });
}

core::Listing<core::Account> list_organizations(sql::Reader& db, AccountId account,
                                                std::optional<AccountId> viewer,
                                                const core::Page& page) {
  static const std::string from =
      "organization_member m join account o on o.id = m.organization_id";
  Conditions where("m.account_id = $1", {account.value});
  if (viewer) {
    where.add(
        "exists (select 1 from organization_member v where v.organization_id = o.id and "
        "v.account_id = ?)",
        viewer->value);
  }
  auto select = [](const std::string& rest) {
    return "select " + account_columns("o") + " from " + from + " " + rest;
  };
  return where.list(db, from, select, "o.login_key", page,
                    [](const sql::Row& row) { return read_account(row); });
}

bool remove_member(sql::Writer& tx, AccountId organization, AccountId account) {
  tx.execute(
      "delete from team_member where account_id = $2 and "
      "team_id in (select id from team where organization_id = $1)",
      {organization.value, account.value});
  tx.execute(
      "delete from repository_role where account_id = $2 and "
      "repository_id in (select id from repository where owner_id = $1)",
      {organization.value, account.value});
  return tx.execute(
             "delete from organization_member where organization_id = $1 and account_id = $2",
             {organization.value, account.value}) > 0;
}

}  // namespace esclusa::store
