#include "app/teams.h"

#include "app/accounts.h"
#include "app/members.h"
#include "app/repository_lists.h"
#include "app/reviewers.h"
#include "base/text.h"
#include "store/accounts.h"
#include "store/events.h"
#include "store/members.h"
#include "store/repositories.h"
#include "store/repository_lists.h"
#include "store/teams.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

constexpr size_t named_at_creation = 100;  ///< limit for maintainers and for repositories

/// The account whose visible teams are listed; nullopt for owners, who see every team.
std::optional<AccountId> viewer_of(const OrganizationAccess& access) {
  return access.is_owner() ? std::nullopt : std::optional(access.principal.account->id);
}

/// The team at that address in the organization, if the principal may see it.
Result<core::Team> require_team(store::Connection& db, const OrganizationAccess& access,
                                const core::TeamAddress& address) {
  const AccountId organization = access.organization.id;
  const auto* id = std::get_if<TeamId>(&address);
  auto team = id != nullptr ? store::find_team(db, *id)
                            : store::find_team(db, organization, std::get<std::string>(address));
  if (!team || team->organization.id != organization || !may_see(db, access.principal, *team)) {
    return not_found();
  }
  return std::move(*team);
}

TeamDetails details_of(store::Connection& db, core::Team team) {
  TeamDetails details;
  details.member_count = store::count_team_members(db, team.id);
  details.repository_count = store::count_team_repositories(db, team.id);
  details.organization = profile_of(db, team.organization);
  details.team = std::move(team);
  return details;
}

/// One audit row about a team; empty members are left out.
struct TeamAuditRow {
  std::string_view action;
  std::string_view login = {};
  std::string_view role = {};
  std::optional<RepositoryId> repository_id = {};
};
void audit(store::Connection& tx, const OrganizationAccess& access, const core::Team& team,
           const TeamAuditRow& row, Timestamp now) {
  wire::JsonWriter detail;
  detail.begin_object().member("slug", team.slug);
  if (!row.login.empty()) detail.member("login", row.login);
  if (!row.role.empty()) detail.member("role", row.role);
  detail.end_object();
  store::insert_audit(tx, access.principal,
                      {row.action, row.repository_id, team.id.value, detail.take()}, now);
}

std::unexpected<Error> refuse(const char* field, std::string message, const char* reason_code) {
  return fail_validation({"Team", field, "invalid", std::move(message)}, reason_code);
}

/// Adds the maintainers and repositories of a request that creates a team.
Result<void> add_initial_members_and_repositories(store::Connection& tx,
                                                  const OrganizationAccess& access, TeamId team,
                                                  const core::NewTeam& input) {
  const core::Account& organization = access.organization;
  for (const std::string& login : input.maintainers) {
    const auto account = store::find_account(tx, login);
    if (!account || !store::find_member_role(tx, organization.id, account->id)) {
      return refuse("maintainers", login + " is not a member of " + organization.login,
                    "not_a_member");
    }
    store::set_team_member(tx, team, account->id, core::TeamRole::maintainer);
  }
  for (const std::string& full_name : input.repo_names) {
    const size_t slash = full_name.find('/');
    const auto repository =
        slash == full_name.npos
            ? std::nullopt
            : store::find_repository(tx, full_name.substr(0, slash), full_name.substr(slash + 1));
    if (!repository || repository->owner.id != organization.id) {
      return refuse("repo_names", full_name + " is not a repository of " + organization.login,
                    "not_a_repository_of_the_organization");
    }
    store::set_team_role(tx, team, repository->id, core::Role::read);
  }
  return {};
}

}  // namespace

Result<core::Listing<core::Team>> list_teams(const Context& context,
                                             const OrganizationAccess& access,
                                             const core::Page& page) {
  return context.database.read([&](store::Connection& db) {
    return store::list_teams(db, access.organization.id, viewer_of(access), page);
  });
}

Result<TeamDetails> create_team(const Context& context, const OrganizationAccess& access,
                                const core::NewTeam& input) {
  core::Team team;
  team.organization = access.organization;
  team.name = input.name;
  team.slug = core::team_slug(input.name);
  team.description = input.description;
  team.privacy = input.privacy;
  team.notification_setting = input.notification_setting;
  team.created_at = team.updated_at = context.now();
  TRY(core::check_team(team));
  if (input.maintainers.size() > named_at_creation) {
    return refuse("maintainers", "maintainers are too many (maximum is 100)", "too_long");
  }
  if (input.repo_names.size() > named_at_creation) {
    return refuse("repo_names", "repo_names are too many (maximum is 100)", "too_long");
  }
  return context.database.write([&](store::Connection& tx) -> Result<TeamDetails> {
    const auto id = store::insert_team(tx, team);
    if (!id) return core::team_exists();
    team.id = *id;
    const AccountId creator = access.principal.account->id;
    if (store::find_member_role(tx, team.organization.id, creator)) {
      store::set_team_member(tx, team.id, creator, core::TeamRole::maintainer);
    }
    TRY(add_initial_members_and_repositories(tx, access, team.id, input));
    audit(tx, access, team, {"team.create"}, team.created_at);
    return details_of(tx, team);
  });
}

Result<TeamDetails> get_team(const Context& context, const OrganizationAccess& access,
                             const core::TeamAddress& address) {
  return context.database.read([&](store::Connection& db) -> Result<TeamDetails> {
    return details_of(db, TRY(require_team(db, access, address)));
  });
}

Result<UpdatedTeam> update_team(const Context& context, const OrganizationAccess& access,
                                const core::TeamAddress& address,
                                const core::TeamChanges& changes) {
  return context.database.write([&](store::Connection& tx) -> Result<UpdatedTeam> {
    const core::Team before = TRY(require_team(tx, access, address));
    core::Team team = before;
    if (changes.name) {
      team.name = *changes.name;
      team.slug = core::team_slug(team.name);
    }
    if (changes.description) team.description = *changes.description;
    if (changes.privacy) team.privacy = *changes.privacy;
    if (changes.notification_setting) team.notification_setting = *changes.notification_setting;
    TRY(core::check_team(team));
    if (team.name == before.name && team.description == before.description &&
        team.privacy == before.privacy &&
        team.notification_setting == before.notification_setting) {
      return UpdatedTeam{details_of(tx, std::move(team)), false};
    }
    team.updated_at = context.now();
    if (!store::update_team(tx, team)) return core::team_exists();
    audit(tx, access, team, {"team.update"}, team.updated_at);
    return UpdatedTeam{details_of(tx, std::move(team)), true};
  });
}

Result<void> delete_team(const Context& context, const OrganizationAccess& access,
                         const core::TeamAddress& address) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const core::Team team = TRY(require_team(tx, access, address));
    // A rule without reviewers could never be opened, or would even require no review.
    if (auto environment = store::environment_reviewed_by(tx, team.id)) {
      return fail(
          ErrorCode::invalid,
          "The team is a required reviewer of " + *environment + "; change that environment first",
          "team_is_reviewer");
    }
    store::delete_team(tx, team.id);
    audit(tx, access, team, {"team.delete"}, context.now());
    return {};
  });
}

Result<core::Listing<core::TeamMember>> list_team_members(const Context& context,
                                                          const OrganizationAccess& access,
                                                          const core::TeamAddress& address,
                                                          std::optional<core::TeamRole> role,
                                                          const core::Page& page) {
  return context.database.read(
      [&](store::Connection& db) -> Result<core::Listing<core::TeamMember>> {
        const core::Team team = TRY(require_team(db, access, address));
        return store::list_team_members(db, team.id, role, page);
      });
}

namespace {

Result<TeamMembership> find_membership(store::Connection& db, core::Team team,
                                       const std::string& login) {
  const auto account = store::find_account(db, login);
  if (!account) return not_found();
  auto member = store::find_team_member(db, team.id, account->id);
  if (!member) return not_found();
  return TeamMembership{std::move(team), std::move(*member)};
}

}  // namespace

Result<TeamMembership> get_team_membership(const Context& context, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login) {
  return context.database.read([&](store::Connection& db) -> Result<TeamMembership> {
    return find_membership(db, TRY(require_team(db, access, address)), login);
  });
}

Result<TeamMembership> set_team_membership(const Context& context, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login, core::TeamRole role) {
  return context.database.write([&](store::Connection& tx) -> Result<TeamMembership> {
    core::Team team = TRY(require_team(tx, access, address));
    const auto account = store::find_account(tx, login);
    if (!account) return not_found();
    const Timestamp now = context.now();
    if (!store::find_member_role(tx, team.organization.id, account->id)) {
      TRY(join_organization(tx, access.principal, team.organization, *account,
                            core::MemberRole::member, now));
    }
    store::set_team_member(tx, team.id, account->id, role);
    audit(tx, access, team, {"team.set_member", account->login, core::to_name(role)}, now);
    return find_membership(tx, std::move(team), login);
  });
}

Result<void> remove_team_membership(const Context& context, const OrganizationAccess& access,
                                    const core::TeamAddress& address, const std::string& login) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const core::Team team = TRY(require_team(tx, access, address));
    const auto account = store::find_account(tx, login);
    if (!account || !store::remove_team_member(tx, team.id, account->id)) return not_found();
    audit(tx, access, team, {"team.remove_member", account->login}, context.now());
    return {};
  });
}

Result<core::Listing<core::TeamRepository>> list_team_repositories(const Context& context,
                                                                   const OrganizationAccess& access,
                                                                   const core::TeamAddress& address,
                                                                   const core::Page& page) {
  return context.database.read(
      [&](store::Connection& db) -> Result<core::Listing<core::TeamRepository>> {
        const core::Team team = TRY(require_team(db, access, address));
        return store::list_team_repositories(db, team.id, repository_viewer(access.principal),
                                             page);
      });
}

Result<core::TeamRepository> get_team_repository(const Context& context,
                                                 const OrganizationAccess& access,
                                                 const RepositoryOfTeam& name) {
  return context.database.read([&](store::Connection& db) -> Result<core::TeamRepository> {
    const core::Team team = TRY(require_team(db, access, name.team));
    auto repository = store::find_repository(db, name.owner, name.name);
    if (!repository) return not_found();
    const core::Role granted = store::find_role(db, *repository, access.principal.account->id);
    const core::Requirement reading{core::Role::read, {core::Scope::repo, core::Scope::admin_org}};
    TRY(core::check_access(access.principal, *repository, granted, reading));
    const core::Role role = store::find_team_role(db, team.id, repository->id);
    if (role == core::Role::none) return not_found();
    return core::TeamRepository{std::move(*repository), role};
  });
}

Result<void> set_team_role(const Context& context, const OrganizationAccess& access,
                           const RepositoryOfTeam& name, core::Role role) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const core::Team team = TRY(require_team(tx, access, name.team));
    if (!equal_ignoring_case(name.owner, access.organization.login)) {
      return refuse("repository", "The repository is not one of " + access.organization.login,
                    "not_a_repository_of_the_organization");
    }
    const auto repository = store::find_repository(tx, name.owner, name.name);
    if (!repository) return not_found();
    store::set_team_role(tx, team.id, repository->id, role);
    audit(tx, access, team, {"team.grant", "", core::to_name(role), repository->id}, context.now());
    return {};
  });
}

Result<core::Listing<core::TeamGrant>> list_repository_teams(const Context& context,
                                                             const RepositoryAccess& access,
                                                             const core::Page& page) {
  const auto& account = access.principal.account;
  if (!account) return core::Listing<core::TeamGrant>{};
  return context.database.read([&](store::Connection& db) -> core::Listing<core::TeamGrant> {
    const auto granted = store::find_member_role(db, access.repository.owner.id, account->id);
    const auto role = core::effective_member_role(access.principal, granted);
    if (!role) return {};
    const bool sees_all = role == core::MemberRole::admin;
    return store::list_repository_teams(db, access.repository.id,
                                        sees_all ? std::nullopt : std::optional(account->id), page);
  });
}

}  // namespace esclusa::app
