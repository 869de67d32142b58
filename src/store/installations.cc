#include "store/installations.h"

#include <algorithm>

#include "base/text.h"
#include "store/accounts.h"
#include "store/apps.h"
#include "store/columns.h"
#include "store/conditions.h"
#include "store/kept.h"
#include "store/repositories.h"

namespace esclusa::store {
namespace {

std::string_view selection_of(const SelectedRepositories& repositories) {
  return core::to_name(repositories ? core::RepositorySelection::selected
                                    : core::RepositorySelection::all);
}

std::string select_installations(std::string_view rest) {
  return "select i.id, i.app_id, i.selection, i.permissions, i.events, i.created_at, "
         "i.updated_at, i.suspended_at, i.removed_at, " +
         account_columns("a") + ", " + account_columns("s") +
         " from installation i join account a on a.id = i.account_id "
         "left join account s on s.id = i.suspended_by_id " +
         std::string(rest);
}

core::Installation read_installation(const sql::Row& row) {
  constexpr int account = 9, suspended_by = account + account_column_count;
  core::Installation installation{
      .id = {row.integer(0)},
      .app_id = {row.integer(1)},
      .account = read_account(row, account),
      .selection = read_enum<core::RepositorySelection>(row, 2),
      .permissions = read_permissions(row, 3),
      .events = read_list(row, 4, ','),
      .created_at = from_micros(row.integer(5)),
      .updated_at = from_micros(row.integer(6)),
      .suspended_at = read_optional_time(row, 7),
      .removed_at = read_optional_time(row, 8),
  };
  if (!row.is_null(suspended_by)) installation.suspended_by = read_account(row, suspended_by);
  return installation;
}

void select_repositories(sql::Writer& tx, InstallationId id,
                         const SelectedRepositories& repositories) {
  tx.execute("delete from installation_repository where installation_id = $1", {id.value});
  if (!repositories) return;
  for (const RepositoryId repository : *repositories) {
    tx.execute(
        "insert into installation_repository (installation_id, repository_id) values ($1, $2)",
        {id.value, repository.value});
  }
}

}  // namespace

std::optional<InstallationId> insert_installation(sql::Writer& tx,
                                                  const core::Installation& installation,
                                                  const SelectedRepositories& repositories) {
  auto id = tx.one(
      "insert into installation (app_id, account_id, selection, permissions, events, created_at, "
      "updated_at) values ($1, $2, $3, $4, $5, $6, $6) "
      "on conflict (app_id, account_id) where removed_at is null do nothing returning id",
      {installation.app_id.value, installation.account.id.value, selection_of(repositories),
       installation.permissions.to_text(), join(installation.events, ","),
       to_micros(installation.created_at)},
      [](const sql::Row& row) { return InstallationId{row.integer(0)}; });
  if (id) select_repositories(tx, *id, repositories);
  return id;
}

void update_installation(sql::Writer& tx, const core::Installation& installation,
                         const SelectedRepositories& repositories) {
  tx.execute(
      "update installation set selection = $2, permissions = $3, events = $4, updated_at = $5 "
      "where id = $1",
      {installation.id.value, selection_of(repositories), installation.permissions.to_text(),
       join(installation.events, ","), to_micros(installation.updated_at)});
  select_repositories(tx, installation.id, repositories);
}

void update_permissions(sql::Writer& tx, const core::Installation& installation) {
  tx.execute("update installation set permissions = $2, events = $3, updated_at = $4 where id = $1",
             {installation.id.value, installation.permissions.to_text(),
              join(installation.events, ","), to_micros(installation.updated_at)});
}

void set_suspended(sql::Writer& tx, InstallationId id, std::optional<Timestamp> at,
                   std::optional<AccountId> by, Timestamp now) {
  tx.execute(
      "update installation set suspended_at = $2, suspended_by_id = $3, updated_at = $4 "
      "where id = $1",
      {id.value, time_value(at), id_value(by), to_micros(now)});
}

void remove_installation(sql::Writer& tx, InstallationId id, Timestamp now) {
  tx.execute("update installation set removed_at = $2, updated_at = $2 where id = $1",
             {id.value, to_micros(now)});
}

std::optional<core::Installation> find_installation(sql::Reader& db, InstallationId id) {
  static const std::string sql = select_installations("where i.id = $1 and i.removed_at is null");
  return db.one(sql, {id.value}, read_installation);
}

std::optional<core::Installation> find_installation(sql::Reader& db, AppId app, AccountId account) {
  static const std::string sql =
      select_installations("where i.app_id = $1 and i.account_id = $2 and i.removed_at is null");
  return db.one(sql, {app.value, account.value}, read_installation);
}

core::Listing<core::Installation> list_installations(sql::Reader& db, AppId app,
                                                     const core::Page& page) {
  Conditions where("i.app_id = $1 and i.removed_at is null", {app.value});
  return where.list(db, "installation i", select_installations, "i.id", page, read_installation);
}

std::vector<core::Installation> list_installations(sql::Reader& db, AppId app) {
  static const std::string sql =
      select_installations("where i.app_id = $1 and i.removed_at is null order by i.id");
  return db.all(sql, {app.value}, read_installation);
}

int64_t count_installations(sql::Reader& db, AppId app) {
  return db.number("select count(*) from installation where app_id = $1 and removed_at is null",
                   {app.value});
}

bool reaches(sql::Reader& db, const core::Installation& installation,
             const core::Repository& repository) {
  if (repository.removed_at || installation.account.id != repository.owner.id) return false;
  if (installation.selection == core::RepositorySelection::all) return true;
  const std::string key = "reached " + std::to_string(installation.id.value) + " " +
                          std::to_string(repository.id.value);
  return kept_row(
             db, key,
             [&] {
               return db.one(
                   "select count(*) from installation_repository "
                   "where installation_id = $1 and repository_id = $2",
                   {installation.id.value, repository.id.value},
                   [](const sql::Row& row) { return row.integer(0); });
             },
             [](int64_t) { return Sources().table("installation_repository"); })
             .value_or(0) > 0;
}

bool reaches(sql::Reader& db, const core::InstallationGrant& grant,
             const core::Repository& repository) {
  const auto& selected = grant.token.repositories;
  if (selected && std::ranges::find(*selected, repository.id) == selected->end()) return false;
  return reaches(db, grant.installation, repository);
}

InstallationTokenId insert_installation_token(sql::Writer& tx, const core::InstallationToken& token,
                                              std::string_view digest) {
  const InstallationTokenId id{tx.insert(
      "insert into installation_token (installation_id, digest, selection, permissions, "
      "created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
      {token.installation_id.value, digest, selection_of(token.repositories),
       token.permissions.to_text(), to_micros(token.created_at), to_micros(token.expires_at)})};
  if (!token.repositories) return id;
  for (const RepositoryId repository : *token.repositories) {
    tx.execute(
        "insert into installation_token_repository (installation_token_id, repository_id) "
        "values ($1, $2)",
        {id.value, repository.value});
  }
  return id;
}

void delete_expired_tokens(sql::Writer& tx, InstallationId id, Timestamp before) {
  tx.execute(
      "delete from installation_token_repository where installation_token_id in "
      "(select id from installation_token where installation_id = $1 and expires_at < $2)",
      {id.value, to_micros(before)});
  tx.execute("delete from installation_token where installation_id = $1 and expires_at < $2",
             {id.value, to_micros(before)});
}

namespace {

std::string select_tokens(std::string_view condition) {
  return "select t.id, t.installation_id, t.selection, t.permissions, t.created_at, "
         "t.expires_at, t.revoked_at from installation_token t where " +
         std::string(condition);
}

core::InstallationToken read_token(const sql::Row& row) {
  core::InstallationToken token{
      .id = {row.integer(0)},
      .installation_id = {row.integer(1)},
      .permissions = read_permissions(row, 3),
      .repositories = {},
      .created_at = from_micros(row.integer(4)),
      .expires_at = from_micros(row.integer(5)),
      .revoked_at = read_optional_time(row, 6),
  };
  if (read_enum<core::RepositorySelection>(row, 2) == core::RepositorySelection::selected) {
    token.repositories.emplace();
  }
  return token;
}

std::optional<core::InstallationGrant> find_grant(sql::Reader& db,
                                                  std::optional<core::InstallationToken> token) {
  if (!token) return std::nullopt;
  auto installation = find_installation(db, token->installation_id);
  if (!installation) return std::nullopt;
  auto app = find_app(db, installation->app_id);
  if (!app) return std::nullopt;
  if (token->repositories) {
    token->repositories = db.all(
        "select repository_id from installation_token_repository "
        "where installation_token_id = $1",
        {token->id.value}, [](const sql::Row& row) { return RepositoryId{row.integer(0)}; });
  }
  return core::InstallationGrant{*std::move(app), *std::move(installation), *std::move(token)};
}

}  // namespace

std::optional<core::InstallationGrant> find_grant(sql::Reader& db, std::string_view digest) {
  static const std::string sql = select_tokens("t.digest = $1");
  return find_grant(db, db.one(sql, {digest}, read_token));
}

std::optional<core::InstallationGrant> find_grant(sql::Reader& db, InstallationTokenId id) {
  static const std::string sql = select_tokens("t.id = $1");
  return find_grant(db, db.one(sql, {id.value}, read_token));
}

Sources sources_of(const core::InstallationGrant& grant) {
  const core::Installation& installation = grant.installation;
  Sources sources;
  sources.row("installation_token", grant.token.id.value)
      .row("installation", installation.id.value)
      .row("account", installation.account.id.value)
      .row("app", grant.app.id.value)
      .row("account", grant.app.owner.id.value)
      .row("account", grant.app.bot.id.value);
  if (installation.suspended_by) sources.row("account", installation.suspended_by->id.value);
  return sources;
}

void revoke_installation_token(sql::Writer& tx, InstallationTokenId id, Timestamp now) {
  tx.execute("update installation_token set revoked_at = $2 where id = $1 and revoked_at is null",
             {id.value, to_micros(now)});
}

}  // namespace esclusa::store
