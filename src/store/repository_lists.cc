#include "store/repository_lists.h"

#include "base/text.h"
#include "store/columns.h"
#include "store/conditions.h"
#include "store/grants.h"
#include "store/repositories.h"

namespace esclusa::store {
namespace {

const std::string tables = "repository r join account o on o.id = r.owner_id";

std::string exists(const std::string& select) { return "exists (" + select + ")"; }

GrantScope grants_of(std::string_view account) {
  return {.repository = "r.id", .owner = "r.owner_id", .account = account};
}

void add_affiliation(Conditions& where, const core::RepositoryAffiliation& affiliation) {
  const std::string account = where.bind(affiliation.account.value);
  const std::string grants = "select 1 from (" + select_grants(grants_of(account)) + ") as granted";
  std::vector<std::string> ways;
  if (affiliation.owner) ways.push_back("r.owner_id = " + account);
  if (affiliation.collaborator) {
    ways.push_back("r.owner_id <> " + account + " and " + exists(grants + " where is_direct = 1"));
  }
  if (affiliation.organization_member) ways.push_back(exists(grants + " where is_direct = 0"));
  where.add("(" + join(ways, " or ") + ")");
}

/// A condition for `r`.
std::string reached(Conditions& where, const core::InstallationReach& reach) {
  std::string test = "r.owner_id = " + where.bind(reach.account.value);
  if (reach.selected_for) {
    test += " and " + exists(
                          "select 1 from installation_repository ir where "
                          "ir.repository_id = r.id and ir.installation_id = " +
                          where.bind(reach.selected_for->value));
  }
  if (reach.selected_for_token) {
    test += " and " + exists(
                          "select 1 from installation_token_repository itr where "
                          "itr.repository_id = r.id and itr.installation_token_id = " +
                          where.bind(reach.selected_for_token->value));
  }
  return "(" + test + ")";
}

void add_viewer(Conditions& where, const core::RepositoryViewer& viewer) {
  if (viewer.reach) {
    where.add("(r.visibility = 'public' or " + reached(where, *viewer.reach) + ")");
  } else if (!viewer.account || !viewer.sees_private) {
    where.add("r.visibility = 'public'");
  } else if (!viewer.sees_all) {
    const std::string account = where.bind(viewer.account->value);
    where.add("(r.visibility = 'public' or " + exists(select_grants(grants_of(account))) + ")");
  }
}

void add_search(Conditions& where, const core::NameSearch& search) {
  for (const std::string& word : search.words) {
    where.add_contains("(o.login_key || '/' || r.name_key)", word);
  }
  if (!search.owner.empty()) where.add("o.login_key = ?", search.owner);
}

std::string order_of(const core::RepositoryFilter& filter) {
  const std::string direction(core::to_name(filter.direction));
  using core::RepositorySort;
  switch (filter.sort) {
    case RepositorySort::full_name: return "o.login_key " + direction + ", r.name_key " + direction;
    case RepositorySort::created: return "r.created_at " + direction + ", r.id " + direction;
    case RepositorySort::updated:
    case RepositorySort::pushed: break;  // answers show `updated_at` as `pushed_at`
  }
  return "r.updated_at " + direction + ", r.id " + direction;
}

}  // namespace

core::Listing<core::ListedRepository> list_repositories(sql::Reader& db,
                                                        const core::RepositoryViewer& viewer,
                                                        const core::RepositoryFilter& filter,
                                                        const core::Page& page) {
  Conditions where("r.removed_at is null", {});
  add_viewer(where, viewer);
  if (filter.owner) where.add("r.owner_id = ?", filter.owner->value);
  if (filter.affiliation) add_affiliation(where, *filter.affiliation);
  if (filter.reach) where.add(reached(where, *filter.reach));
  if (filter.visibility) where.add("r.visibility = ?", core::to_name(*filter.visibility));
  if (filter.search) add_search(where, *filter.search);
  if (filter.updated_after) where.add("r.updated_at > ?", to_micros(*filter.updated_after));
  if (filter.updated_before) where.add("r.updated_at < ?", to_micros(*filter.updated_before));
  std::string granted = "0";
  if (viewer.account) {
    granted = select_highest_grant(grants_of(where.bind_for_columns(viewer.account->value)));
  }
  auto select = [&](const std::string& rest) {
    return "select " + repository_columns() + ", " + granted + " from " + tables + " " + rest;
  };
  return where.list(db, tables, select, order_of(filter), page, [](const sql::Row& row) {
    return core::ListedRepository{read_repository(row), read_level(row, repository_column_count)};
  });
}

core::Listing<core::TeamRepository> list_team_repositories(sql::Reader& db, TeamId team,
                                                           const core::RepositoryViewer& viewer,
                                                           const core::Page& page) {
  static const std::string team_tables =
      "team_repository tr join repository r on r.id = tr.repository_id "
      "join account o on o.id = r.owner_id";
  Conditions where("tr.team_id = $1 and r.removed_at is null", {team.value});
  add_viewer(where, viewer);
  auto select = [](const std::string& rest) {
    return "select " + repository_columns() + ", tr.role from " + team_tables + " " + rest;
  };
  return where.list(db, team_tables, select, "r.name_key", page, [](const sql::Row& row) {
    return core::TeamRepository{read_repository(row),
                                read_enum<core::Role>(row, repository_column_count)};
  });
}

}  // namespace esclusa::store
