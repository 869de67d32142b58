#include "store/teams.h"

#include "core/names.h"
#include "store/accounts.h"
#include "store/columns.h"
#include "store/conditions.h"

namespace esclusa::store {
namespace {

constexpr int team_column_count = 8;
const std::string team_tables = "team t join account o on o.id = t.organization_id";

std::string team_columns() {
  return "t.id, t.name, t.slug, t.description, t.privacy, t.created_at, t.updated_at, "
         "t.notification_setting, " +
         account_columns("o");
}

std::string select_teams(const std::string& rest) {
  return "select " + team_columns() + " from " + team_tables + " " + rest;
}

core::Team read_team(const sql::Row& row) {
  return {
      .id = {row.integer(0)},
      .organization = read_account(row, team_column_count),
      .name = std::string(row.text(1)),
      .slug = std::string(row.text(2)),
      .description = std::string(row.text(3)),
      .privacy = read_enum<core::TeamPrivacy>(row, 4),
      .notification_setting = read_enum<core::TeamNotifications>(row, 7),
      .created_at = from_micros(row.integer(5)),
      .updated_at = from_micros(row.integer(6)),
  };
}

void add_viewer(Conditions& where, std::optional<AccountId> viewer) {
  if (!viewer) return;
  where.add(
      "(t.privacy = 'closed' or exists (select 1 from team_member v where v.team_id = t.id and "
      "v.account_id = ?))",
      viewer->value);
}

/// An owner of the organization may do in a team everything that a maintainer may do.
constexpr const char* shown_role =
    "case when exists (select 1 from organization_member om join team t "
    "on t.organization_id = om.organization_id where t.id = m.team_id and "
    "om.account_id = m.account_id and om.role = 'admin') then 'maintainer' else m.role end";

const std::string member_tables = "team_member m join account a on a.id = m.account_id";

std::string select_members(const std::string& rest) {
  return "select " + account_columns("a") + ", " + shown_role + " from " + member_tables + " " +
         rest;
}

core::TeamMember read_member(const sql::Row& row) {
  return {read_account(row), read_enum<core::TeamRole>(row, account_column_count)};
}

}  // namespace

std::optional<TeamId> insert_team(sql::Writer& tx, const core::Team& team) {
  return tx.one(
      "insert into team (organization_id, name, slug, description, privacy, created_at, "
      "updated_at, notification_setting) values ($1, $2, $3, $4, $5, $6, $7, $8) "
      "on conflict (organization_id, slug) do nothing returning id",
      {team.organization.id.value, team.name, team.slug, team.description,
       core::to_name(team.privacy), to_micros(team.created_at), to_micros(team.updated_at),
       core::to_name(team.notification_setting)},
      [](const sql::Row& row) { return TeamId{row.integer(0)}; });
}

bool update_team(sql::Writer& tx, const core::Team& team) {
  return tx.execute(
             "update team set name = $2, slug = $3, description = $4, privacy = $5, "
             "updated_at = $6, notification_setting = $8 where id = $1 and "
             "not exists (select 1 from team other where "
             "other.organization_id = $7 and other.slug = $3 and other.id <> $1)",
             {team.id.value, team.name, team.slug, team.description, core::to_name(team.privacy),
              to_micros(team.updated_at), team.organization.id.value,
              core::to_name(team.notification_setting)}) > 0;
}

void delete_team(sql::Writer& tx, TeamId id) {
  tx.execute("delete from team_member where team_id = $1", {id.value});
  tx.execute("delete from team_repository where team_id = $1", {id.value});
  tx.execute("delete from team where id = $1", {id.value});
}

std::optional<std::string> environment_reviewed_by(sql::Reader& db, TeamId id) {
  return db.one(
      "select n.name, o.login, r.name from required_reviewer v "
      "join protection_rule p on p.id = v.protection_rule_id "
      "join environment e on e.id = p.environment_id "
      "join environment_name n on n.id = e.environment_name_id "
      "join repository r on r.id = e.repository_id join account o on o.id = r.owner_id "
      "where v.team_id = $1 order by e.id limit 1",
      {id.value}, [](const sql::Row& row) {
        return std::string(row.text(0)) + " of " + std::string(row.text(1)) + "/" +
               std::string(row.text(2));
      });
}

std::optional<core::Team> find_team(sql::Reader& db, TeamId id) {
  static const std::string sql = select_teams("where t.id = $1");
  return db.one(sql, {id.value}, read_team);
}

std::optional<core::Team> find_team(sql::Reader& db, AccountId organization,
                                    std::string_view slug) {
  static const std::string sql = select_teams("where t.organization_id = $1 and t.slug = $2");
  return db.one(sql, {organization.value, core::fold_case(slug)}, read_team);
}

core::Listing<core::Team> list_teams(sql::Reader& db, AccountId organization,
                                     std::optional<AccountId> viewer, const core::Page& page) {
  Conditions where("t.organization_id = $1", {organization.value});
  add_viewer(where, viewer);
  return where.list(db, team_tables, select_teams, "t.slug", page, read_team);
}

void set_team_member(sql::Writer& tx, TeamId team, AccountId account, core::TeamRole role) {
  tx.execute(
      "insert into team_member (team_id, account_id, role) values ($1, $2, $3) "
      "on conflict (team_id, account_id) do update set role = excluded.role",
      {team.value, account.value, core::to_name(role)});
}

bool remove_team_member(sql::Writer& tx, TeamId team, AccountId account) {
  return tx.execute("delete from team_member where team_id = $1 and account_id = $2",
                    {team.value, account.value}) > 0;
}

bool is_team_member(sql::Reader& db, TeamId team, AccountId account) {
  return db.number("select count(*) from team_member where team_id = $1 and account_id = $2",
                   {team.value, account.value}) > 0;
}

std::optional<core::TeamMember> find_team_member(sql::Reader& db, TeamId team, AccountId account) {
  static const std::string sql = select_members("where m.team_id = $1 and m.account_id = $2");
  return db.one(sql, {team.value, account.value}, read_member);
}

std::vector<core::Account> list_team_members(sql::Reader& db, TeamId team) {
  static const std::string sql = "select " + account_columns("a") + " from " + member_tables +
                                 " where m.team_id = $1 order by a.login_key";
  return db.all(sql, {team.value}, [](const sql::Row& row) { return read_account(row); });
}

core::Listing<core::TeamMember> list_team_members(sql::Reader& db, TeamId team,
                                                  std::optional<core::TeamRole> role,
                                                  const core::Page& page) {
  Conditions where("m.team_id = $1", {team.value});
  if (role) where.add(std::string(shown_role) + " = ?", core::to_name(*role));
  return where.list(db, member_tables, select_members, "a.login_key", page, read_member);
}

int64_t count_team_members(sql::Reader& db, TeamId team) {
  return db.number("select count(*) from team_member where team_id = $1", {team.value});
}

void set_team_role(sql::Writer& tx, TeamId team, RepositoryId repository, core::Role role) {
  if (role == core::Role::none) {
    tx.execute("delete from team_repository where team_id = $1 and repository_id = $2",
               {team.value, repository.value});
    return;
  }
  tx.execute(
      "insert into team_repository (team_id, repository_id, role) values ($1, $2, $3) "
      "on conflict (team_id, repository_id) do update set role = excluded.role",
      {team.value, repository.value, core::to_name(role)});
}

core::Role find_team_role(sql::Reader& db, TeamId team, RepositoryId repository) {
  return db
      .one("select role from team_repository where team_id = $1 and repository_id = $2",
           {team.value, repository.value},
           [](const sql::Row& row) { return read_enum<core::Role>(row, 0); })
      .value_or(core::Role::none);
}

int64_t count_team_repositories(sql::Reader& db, TeamId team) {
  return db.number("select count(*) from team_repository where team_id = $1", {team.value});
}

core::Listing<core::TeamGrant> list_repository_teams(sql::Reader& db, RepositoryId repository,
                                                     std::optional<AccountId> viewer,
                                                     const core::Page& page) {
  static const std::string tables =
      "team_repository tr join team t on t.id = tr.team_id "
      "join account o on o.id = t.organization_id";
  Conditions where("tr.repository_id = $1", {repository.value});
  add_viewer(where, viewer);
  auto select = [](const std::string& rest) {
    return "select " + team_columns() + ", tr.role from " + tables + " " + rest;
  };
  return where.list(db, tables, select, "t.slug", page, [](const sql::Row& row) {
    return core::TeamGrant{read_team(row),
                           read_enum<core::Role>(row, team_column_count + account_column_count)};
  });
}

}  // namespace esclusa::store
