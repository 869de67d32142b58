#include "store/repositories.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "core/names.h"
#include "store/accounts.h"
#include "store/collaborators.h"
#include "store/columns.h"
#include "store/conditions.h"
#include "store/grants.h"
#include "store/kept.h"

namespace esclusa::store {
namespace {

std::string select_repositories(std::string_view condition) {
  return "select " + repository_columns() +
         " from repository r join account o on o.id = r.owner_id " + std::string(condition);
}

/// Deletes a former name that a repository now has as its name.
void end_former_name(sql::Writer& tx, std::string_view owner, std::string_view name) {
  tx.execute("delete from repository_former_name where owner_key = $1 and name_key = $2",
             {core::fold_case(owner), core::fold_case(name)});
}

}  // namespace

std::string repository_columns() {
  return "r.id, r.name, r.path, r.default_branch, r.visibility, r.writable, r.auto_merge, "
         "r.created_at, r.updated_at, r.default_branch_source, r.is_bare, r.alternates, "
         "r.description, r.removed_at, " +
         account_columns("o");
}

core::Repository read_repository(const sql::Row& row) {
  return {
      .id = {row.integer(0)},
      .owner = read_account(row, 14),
      .name = std::string(row.text(1)),
      .path = std::string(row.text(2)),
      .alternates = read_list(row, 11, '\n'),
      .is_bare = row.boolean(10),
      .default_branch = std::string(row.text(3)),
      .default_branch_source = read_enum<core::DefaultBranchSource>(row, 9),
      .description = row.optional_text(12),
      .visibility = read_enum<core::Visibility>(row, 4),
      .writable = row.boolean(5),
      .auto_merge = read_enum<core::MergePolicy>(row, 6),
      .created_at = from_micros(row.integer(7)),
      .updated_at = from_micros(row.integer(8)),
      .removed_at = read_optional_time(row, 13),
  };
}

std::optional<RepositoryId> insert_repository(sql::Writer& tx, const core::Repository& repository) {
  auto id = tx.one(
      "insert into repository (owner_id, name, name_key, path, default_branch, visibility, "
      "writable, auto_merge, created_at, updated_at, default_branch_source, is_bare, alternates, "
      "description) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13) "
      "on conflict (owner_id, name_key) do nothing returning id",
      {repository.owner.id.value, repository.name, core::fold_case(repository.name),
       repository.path, repository.default_branch, core::to_name(repository.visibility),
       repository.writable, core::to_name(repository.auto_merge), to_micros(repository.created_at),
       core::to_name(repository.default_branch_source), repository.is_bare,
       join(repository.alternates, "\n"), repository.description},
      [](const sql::Row& row) { return RepositoryId{row.integer(0)}; });
  if (id) end_former_name(tx, repository.owner.login, repository.name);
  return id;
}

namespace {

Sources sources_of(const core::Repository& repository) {
  return Sources().row("repository", repository.id.value).row("account", repository.owner.id.value);
}

}  // namespace

std::optional<core::Repository> find_repository(sql::Reader& db, RepositoryId id) {
  static const std::string sql = select_repositories("where r.id = $1");
  return kept_row(
      db, "repository " + std::to_string(id.value),
      [&] { return db.one(sql, {id.value}, read_repository); }, sources_of);
}

std::optional<core::Repository> find_repository(sql::Reader& db, std::string_view owner,
                                                std::string_view name) {
  static const std::string sql = select_repositories("where o.login_key = $1 and r.name_key = $2");
  const std::string owner_key = core::fold_case(owner), name_key = core::fold_case(name);
  return kept_row(
      db, "repository " + owner_key + "/" + name_key,
      [&] { return db.one(sql, {owner_key, name_key}, read_repository); }, sources_of);
}

std::vector<core::Repository> list_repositories(sql::Reader& db) {
  static const std::string sql =
      select_repositories("where r.removed_at is null order by o.login_key, r.name_key");
  return db.all(sql, {}, read_repository);
}

void update_repository(sql::Writer& tx, const core::Repository& repository) {
  tx.execute(
      "update repository set path = $2, default_branch = $3, visibility = $4, writable = $5, "
      "auto_merge = $6, updated_at = $7, default_branch_source = $8, is_bare = $9, "
      "alternates = $10, description = $11 where id = $1",
      {repository.id.value, repository.path, repository.default_branch,
       core::to_name(repository.visibility), repository.writable,
       core::to_name(repository.auto_merge), to_micros(repository.updated_at),
       core::to_name(repository.default_branch_source), repository.is_bare,
       join(repository.alternates, "\n"), repository.description});
}

bool save_default_branch(sql::Writer& tx, const core::Repository& repository,
                         std::string_view former, Timestamp now) {
  return tx
      .one(
          "update repository set default_branch = $2, default_branch_source = $3, "
          "is_bare = $4, updated_at = case when default_branch = $2 then updated_at "
          "else $5 end where id = $1 and default_branch = $6 and "
          "default_branch_source <> 'set' returning id",
          {repository.id.value, repository.default_branch,
           core::to_name(repository.default_branch_source), repository.is_bare, to_micros(now),
           former},
          [](const sql::Row& row) { return row.integer(0); })
      .has_value();
}

void remove_repository(sql::Writer& tx, const core::Repository& repository, Timestamp now) {
  // A name contains no slash, so this key is free.
  tx.execute("update repository set name_key = $2, removed_at = $3, updated_at = $3 where id = $1",
             {repository.id.value,
              std::to_string(repository.id.value) + "/" + core::fold_case(repository.name),
              to_micros(now)});
  tx.execute("delete from repository_former_name where repository_id = $1", {repository.id.value});
}

bool is_removed(sql::Reader& db, RepositoryId id) {
  return db.number("select count(*) from repository where id = $1 and removed_at is not null",
                   {id.value}) > 0;
}

bool rename_repository(sql::Writer& tx, const core::Repository& repository, std::string_view name,
                       Timestamp now) {
  const std::string key = core::fold_case(name);
  auto renamed = tx.one(
      "update repository set name = $1, name_key = $2, updated_at = $3 where id = $4 and "
      "not exists (select 1 from repository other where other.owner_id = $5 and "
      "other.name_key = $2 and other.id <> $4) returning id",
      {name, key, to_micros(now), repository.id.value, repository.owner.id.value},
      [](const sql::Row& row) { return row.integer(0); });
  if (!renamed) return false;
  end_former_name(tx, repository.owner.login, name);
  const std::string former_key = core::fold_case(repository.name);
  if (former_key == key) return true;  // only the case changed
  tx.execute(
      "insert into repository_former_name (owner_key, name_key, repository_id, created_at) "
      "values ($1, $2, $3, $4)",
      {core::fold_case(repository.owner.login), former_key, repository.id.value, to_micros(now)});
  return true;
}

std::optional<core::Repository> find_renamed(sql::Reader& db, std::string_view owner,
                                             std::string_view name) {
  static const std::string sql = select_repositories(
      "join repository_former_name f on f.repository_id = r.id "
      "where f.owner_key = $1 and f.name_key = $2");
  return db.one(sql, {core::fold_case(owner), core::fold_case(name)}, read_repository);
}

int64_t count_repositories(sql::Reader& db, AccountId owner, core::Visibility visibility) {
  return db.number(
      "select count(*) from repository where owner_id = $1 and visibility = $2 and "
      "removed_at is null",
      {owner.value, core::to_name(visibility)});
}

core::Role find_role(sql::Reader& db, const core::Repository& repository, AccountId account) {
  static const std::string every =
      "select " + select_highest_grant({.repository = "$1", .owner = "$3", .account = "$2"});
  const auto find = [&]() -> std::optional<core::Role> {
    if (repository.owner.kind != core::AccountKind::organization) {
      return find_own_role(db, repository.id, account);
    }
    return db.one(every, {repository.id.value, account.value, repository.owner.id.value},
                  [](const sql::Row& row) { return read_level(row, 0); });
  };
  const std::string key =
      "role " + std::to_string(repository.id.value) + " " + std::to_string(account.value);
  return kept_row(db, key, find,
                  [&](const core::Role&) {
                    return sources_of(repository)
                        .table("repository_role")
                        .table("team")
                        .table("team_member")
                        .table("team_repository")
                        .table("organization_member");
                  })
      .value_or(core::Role::none);
}

void set_role(sql::Writer& tx, RepositoryId repository, AccountId account, core::Role role) {
  if (role == core::Role::none) {
    tx.execute("delete from repository_role where repository_id = $1 and account_id = $2",
               {repository.value, account.value});
    return;
  }
  tx.execute(
      "insert into repository_role (repository_id, account_id, role) values ($1, $2, $3) "
      "on conflict (repository_id, account_id) do update set role = excluded.role",
      {repository.value, account.value, core::to_name(role)});
}

std::optional<core::EnvironmentName> find_environment_name(sql::Reader& db, RepositoryId repository,
                                                           std::string_view name) {
  return db.one("select id, name from environment_name where repository_id = $1 and name_key = $2",
                {repository.value, core::fold_case(name)}, [](const sql::Row& row) {
                  return core::EnvironmentName{{row.integer(0)}, std::string(row.text(1))};
                });
}

core::EnvironmentName ensure_environment_name(sql::Writer& tx, RepositoryId repository,
                                              std::string_view name, Timestamp now) {
  if (auto found = find_environment_name(tx, repository, name)) return *std::move(found);
  tx.execute(
      "insert into environment_name (repository_id, name, name_key, created_at) "
      "values ($1, $2, $3, $4) on conflict (repository_id, name_key) do nothing",
      {repository.value, name, core::fold_case(name), to_micros(now)});
  auto made = find_environment_name(tx, repository, name);
  ENSURE(made.has_value());
  return *std::move(made);
}

}  // namespace esclusa::store
