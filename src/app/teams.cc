#include "app/teams.h"

#include "app/accounts.h"
#include "app/change.h"
#include "app/members.h"
#include "app/repository_lists.h"
#include "app/reviewers.h"
#include "base/text.h"
#include "core/operations/people.h"
#include "store/accounts.h"
#include "store/members.h"
#include "store/repositories.h"
#include "store/repository_lists.h"
#include "store/teams.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

constexpr size_t named_at_creation = 100;  ///< limit for maintainers and for repositories

/// The account whose visible teams are listed; nullopt for owners and for an installation that was
/// admitted to teams, who see every team.
std::optional<AccountId> viewer_of(const OrganizationAccess& access) {
  const bool sees_all = access.is_owner() || access.actor.installation() != nullptr;
  return sees_all ? std::nullopt : std::optional(access.actor.sender().id);
}

/// The team at that address in the organization, if the actor may see it.
Result<core::Team> require_team(Reader& db, const OrganizationAccess& access,
                                const core::TeamAddress& address) {
  const AccountId organization = access.organization.id;
  const auto* id = std::get_if<TeamId>(&address);
  auto team = id != nullptr ? store::find_team(db, *id)
                            : store::find_team(db, organization, std::get<std::string>(address));
  if (!team || team->organization.id != organization || !may_see(db, access.actor, *team)) {
    return not_found();
  }
  return std::move(*team);
}

TeamDetails details_of(Reader& db, core::Team team) {
  TeamDetails details;
  details.member_count = store::count_team_members(db, team.id);
  details.repository_count = store::count_team_repositories(db, team.id);
  details.organization = profile_of(db, team.organization);
  details.team = std::move(team);
  return details;
}

/// The detail of an audit row about a team; an empty login or role is left out.
std::string audit_detail_of(const core::Team& team, std::string_view login = {},
                            std::string_view role = {}) {
  std::vector<wire::AuditMember> members{{"slug", team.slug}};
  if (!login.empty()) members.push_back({"login", login});
  if (!role.empty()) members.push_back({"role", role});
  return wire::audit_detail(members);
}

std::unexpected<Error> refuse(const char* field, std::string message, const char* reason_code) {
  return fail_validation({"Team", field, "invalid", std::move(message)}, reason_code);
}

/// Owners may grant every repository of their organization, an installation those that it reaches.
bool may_grant(Reader& db, const core::Actor& actor, const core::Repository& repository) {
  return actor.installation() == nullptr || granted_role(db, actor, repository) != core::Role::none;
}

/// Adds the maintainers and repositories of a request that creates a team.
Result<void> add_what_is_named(Writer& tx, const OrganizationAccess& access, TeamId team,
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
    if (!repository || repository->owner.id != organization.id ||
        !may_grant(tx, access.actor, *repository)) {
      return refuse("repo_names", full_name + " is not a repository of " + organization.login,
                    "not_a_repository_of_the_organization");
    }
    store::set_team_role(tx, team, repository->id, core::Role::read);
  }
  return {};
}

}  // namespace

Result<core::Listing<core::Team>> list_teams(Reader& db, const OrganizationAccess& access,
                                             const core::Page& page) {
  return store::list_teams(db, access.organization.id, viewer_of(access), page);
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
  TRY(core::check_team(team));
  if (input.maintainers.size() > named_at_creation) {
    return refuse("maintainers", "maintainers are too many (maximum is 100)", "too_long");
  }
  if (input.repo_names.size() > named_at_creation) {
    return refuse("repo_names", "repo_names are too many (maximum is 100)", "too_long");
  }
  return change(context, access.actor, [&](Change& change) -> Result<TeamDetails> {
    team.created_at = team.updated_at = change.now;
    const auto id = store::insert_team(change.rows, team);
    if (!id) return core::team_exists();
    team.id = *id;
    const AccountId creator = access.actor.sender().id;
    if (store::find_member_role(change.rows, team.organization.id, creator)) {
      store::set_team_member(change.rows, team.id, creator, core::TeamRole::maintainer);
    }
    TRY(add_what_is_named(change.rows, access, team.id, input));
    change.audit({"team.create", std::nullopt, team.id.value, audit_detail_of(team)});
    return details_of(change.rows, team);
  });
}

Result<TeamDetails> get_team(Reader& db, const OrganizationAccess& access,
                             const core::TeamAddress& address) {
  return details_of(db, TRY(require_team(db, access, address)));
}

Result<UpdatedTeam> update_team(const Context& context, const OrganizationAccess& access,
                                const core::TeamAddress& address,
                                const core::TeamChanges& changes) {
  return change(context, access.actor, [&](Change& change) -> Result<UpdatedTeam> {
    const core::Team before = TRY(require_team(change.rows, access, address));
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
      change.skip_audit();  // the team is as it was
      return UpdatedTeam{details_of(change.rows, std::move(team)), false};
    }
    team.updated_at = change.now;
    if (!store::update_team(change.rows, team)) return core::team_exists();
    change.audit({"team.update", std::nullopt, team.id.value, audit_detail_of(team)});
    return UpdatedTeam{details_of(change.rows, std::move(team)), true};
  });
}

Result<void> delete_team(const Context& context, const OrganizationAccess& access,
                         const core::TeamAddress& address) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const core::Team team = TRY(require_team(change.rows, access, address));
    // A rule without reviewers could never be opened, or would even require no review.
    if (auto environment = store::environment_reviewed_by(change.rows, team.id)) {
      return fail(
          ErrorCode::invalid,
          "The team is a required reviewer of " + *environment + "; change that environment first",
          "team_is_reviewer");
    }
    store::delete_team(change.rows, team.id);
    change.audit({"team.delete", std::nullopt, team.id.value, audit_detail_of(team)});
    return {};
  });
}

Result<core::Listing<core::TeamMember>> list_team_members(Reader& db,
                                                          const OrganizationAccess& access,
                                                          const core::TeamAddress& address,
                                                          std::optional<core::TeamRole> role,
                                                          const core::Page& page) {
  const core::Team team = TRY(require_team(db, access, address));
  return store::list_team_members(db, team.id, role, page);
}

namespace {

Result<TeamMembership> find_membership(Reader& db, core::Team team, const std::string& login) {
  const auto account = store::find_account(db, login);
  if (!account) return not_found();
  auto member = store::find_team_member(db, team.id, account->id);
  if (!member) return not_found();
  return TeamMembership{std::move(team), std::move(*member)};
}

}  // namespace

Result<TeamMembership> get_team_membership(Reader& db, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login) {
  return find_membership(db, TRY(require_team(db, access, address)), login);
}

Result<TeamMembership> set_team_membership(const Context& context, const OrganizationAccess& access,
                                           const core::TeamAddress& address,
                                           const std::string& login, core::TeamRole role) {
  return change(context, access.actor, [&](Change& change) -> Result<TeamMembership> {
    core::Team team = TRY(require_team(change.rows, access, address));
    const auto account = store::find_account(change.rows, login);
    if (!account) return not_found();
    if (!store::find_member_role(change.rows, team.organization.id, account->id)) {
      TRY(join_organization(change, team.organization, *account, core::MemberRole::member));
    }
    store::set_team_member(change.rows, team.id, account->id, role);
    change.audit({"team.set_member", std::nullopt, team.id.value,
                  audit_detail_of(team, account->login, core::to_name(role))});
    return find_membership(change.rows, std::move(team), login);
  });
}

Result<void> remove_team_membership(const Context& context, const OrganizationAccess& access,
                                    const core::TeamAddress& address, const std::string& login) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const core::Team team = TRY(require_team(change.rows, access, address));
    const auto account = store::find_account(change.rows, login);
    if (!account || !store::remove_team_member(change.rows, team.id, account->id))
      return not_found();
    change.audit(
        {"team.remove_member", std::nullopt, team.id.value, audit_detail_of(team, account->login)});
    return {};
  });
}

Result<core::Listing<core::TeamRepository>> list_team_repositories(Reader& db,
                                                                   const OrganizationAccess& access,
                                                                   const core::TeamAddress& address,
                                                                   const core::Page& page) {
  const core::Team team = TRY(require_team(db, access, address));
  return store::list_team_repositories(db, team.id, repository_viewer(access.actor), page);
}

Result<core::TeamRepository> get_team_repository(Reader& db, const OrganizationAccess& access,
                                                 const RepositoryOfTeam& name) {
  const core::Team team = TRY(require_team(db, access, name.team));
  auto repository = store::find_repository(db, name.owner, name.name);
  if (!repository) return not_found();
  const core::Role granted = granted_role(db, access.actor, *repository);
  TRY(core::check_access(access.actor, *repository, granted,
                         core::operations::see_team_repository));
  const core::Role role = store::find_team_role(db, team.id, repository->id);
  if (role == core::Role::none) return not_found();
  return core::TeamRepository{std::move(*repository), role};
}

Result<void> set_team_role(const Context& context, const OrganizationAccess& access,
                           const RepositoryOfTeam& name, core::Role role) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const core::Team team = TRY(require_team(change.rows, access, name.team));
    if (!equal_ignoring_case(name.owner, access.organization.login)) {
      return refuse("repository", "The repository is not one of " + access.organization.login,
                    "not_a_repository_of_the_organization");
    }
    const auto repository = store::find_repository(change.rows, name.owner, name.name);
    if (!repository || !may_grant(change.rows, access.actor, *repository)) return not_found();
    store::set_team_role(change.rows, team.id, repository->id, role);
    change.audit({"team.grant", repository->id, team.id.value,
                  audit_detail_of(team, {}, core::to_name(role))});
    return {};
  });
}

Result<core::Listing<core::TeamGrant>> list_repository_teams(Reader& db,
                                                             const RepositoryAccess& access,
                                                             const core::Page& page) {
  if (access.actor.installation() != nullptr) {
    return store::list_repository_teams(db, access.repository.id, std::nullopt, page);
  }
  const core::Account* account = access.actor.account();
  if (account == nullptr) return core::Listing<core::TeamGrant>{};
  const auto granted = store::find_member_role(db, access.repository.owner.id, account->id);
  const auto role = core::effective_member_role(account, granted);
  if (!role) return core::Listing<core::TeamGrant>{};
  const bool sees_all = role == core::MemberRole::admin;
  return store::list_repository_teams(db, access.repository.id,
                                      sees_all ? std::nullopt : std::optional(account->id), page);
}

}  // namespace esclusa::app
