#include "app/access.h"

#include "app/reviewers.h"
#include "base/check.h"
#include "store/accounts.h"
#include "store/installations.h"
#include "store/members.h"
#include "store/repositories.h"
#include "store/teams.h"

namespace esclusa::app {

core::Role granted_role(Reader& db, const core::Actor& actor, const core::Repository& repository) {
  if (const core::InstallationGrant* grant = actor.installation()) {
    return store::reaches(db, *grant, repository) ? core::Role::write : core::Role::none;
  }
  if (actor.account() == nullptr || actor.agent() != nullptr) return core::Role::none;
  return store::find_role(db, repository, actor.account()->id);
}

namespace {

std::optional<core::Repository> find_repository(Reader& db, const RepositoryPlace& place) {
  if (const auto* id = std::get_if<RepositoryId>(&place)) return store::find_repository(db, *id);
  const auto& name = std::get<RepositoryName>(place);
  return store::find_repository(db, name.owner, name.name);
}

/// An installation at the organization is as a member.
std::optional<core::MemberRole> granted_member_role(Reader& db, const core::Actor& actor,
                                                    const core::Account& organization) {
  if (const core::InstallationGrant* grant = actor.installation()) {
    return grant->installation.account.id == organization.id
               ? std::optional(core::MemberRole::member)
               : std::nullopt;
  }
  return actor.account() != nullptr
             ? store::find_member_role(db, organization.id, actor.account()->id)
             : std::nullopt;
}

std::optional<core::Account> find_organization(Reader& db, const core::Actor& actor,
                                               const OrganizationPlace& place) {
  if (const auto* login = std::get_if<std::string>(&place)) return store::find_account(db, *login);
  if (const auto* id = std::get_if<AccountId>(&place)) return store::find_account(db, *id);
  auto team = store::find_team(db, std::get<TeamId>(place));
  if (!team || !may_see(db, actor, *team)) return std::nullopt;
  return std::move(team->organization);
}

}  // namespace

Result<RepositoryAccess> enter(Reader& db, const core::Actor& actor, const RepositoryPlace& place,
                               const core::Operation& operation) {
  ENSURE(operation.audience == core::Audience::repository);
  auto repository = find_repository(db, place);
  if (!repository) return not_found();
  const core::Role granted = granted_role(db, actor, *repository);
  TRY(core::check_access(actor, *repository, granted, operation));
  const core::Role role = core::effective_role(actor, *repository, granted);
  return RepositoryAccess(actor, std::move(*repository), role);
}

Result<OrganizationAccess> enter(Reader& db, const core::Actor& actor,
                                 const OrganizationPlace& place, const core::Operation& operation) {
  ENSURE(operation.audience == core::Audience::organization);
  auto organization = find_organization(db, actor, place);
  if (!organization || organization->kind != core::AccountKind::organization) return not_found();
  const auto granted = granted_member_role(db, actor, *organization);
  TRY(core::check_organization_access(actor, granted, operation));
  const auto role = actor.installation() != nullptr
                        ? granted
                        : core::effective_member_role(actor.account(), granted);
  return OrganizationAccess(actor, std::move(*organization), role.value());
}

std::optional<RepositoryId> find_renamed(Reader& db, const core::Actor& actor,
                                         const RepositoryName& former,
                                         const core::Operation& operation) {
  auto repository = store::find_renamed(db, former.owner, former.name);
  if (!repository) return std::nullopt;
  const core::Role granted = granted_role(db, actor, *repository);
  if (!core::may_see(actor, *repository, granted, operation)) return std::nullopt;
  return repository->id;
}

}  // namespace esclusa::app
