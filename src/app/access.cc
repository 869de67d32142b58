#include "app/access.h"

#include "app/reviewers.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/accounts.h"
#include "store/kept.h"
#include "store/members.h"
#include "store/repositories.h"
#include "store/teams.h"

namespace esclusa::app {

Result<core::Actor> authenticate(const Context& context, Reader& db, std::string_view token) {
  auto refused = [] { return fail(ErrorCode::unauthenticated, "Bad credentials"); };
  if (!core::has_token_shape(token)) return refused();
  const std::string digest = core::token_digest(token);
  const auto actor = store::kept(
      db, "actor " + digest,
      [&]() -> std::optional<core::Actor> {
        auto owner = store::find_token(db, digest);
        if (!owner) return std::nullopt;
        return core::Actor::by_token(std::move(owner->account), std::move(owner->token));
      },
      [](const core::Actor& kept) {
        return store::Sources()
            .row("token", kept.token()->id.value)
            .row("account", kept.sender().id.value);
      },
      [](const core::Actor&) { return size_t{1024}; });
  const Timestamp now = context.now();
  if (!actor || !core::is_usable(*actor->token(), actor->sender(), now)) return refused();
  const auto& last = actor->token()->last_used_at;
  if (!last || now - *last >= limits::token_use_every) {
    context.token_use.note(actor->token()->id, now);
  }
  return *actor;
}

namespace {

/// The role that the actor was granted in the repository; none without an account.
core::Role granted_role(Reader& db, const core::Actor& actor, const core::Repository& repository) {
  return actor.account() != nullptr ? store::find_role(db, repository, actor.account()->id)
                                    : core::Role::none;
}

std::optional<core::Repository> find_repository(Reader& db, const RepositoryPlace& place) {
  if (const auto* id = std::get_if<RepositoryId>(&place)) return store::find_repository(db, *id);
  const auto& name = std::get<RepositoryName>(place);
  return store::find_repository(db, name.owner, name.name);
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
  const core::Role role = core::effective_role(actor.account(), *repository, granted);
  return RepositoryAccess(actor, std::move(*repository), role);
}

Result<OrganizationAccess> enter(Reader& db, const core::Actor& actor,
                                 const OrganizationPlace& place, const core::Operation& operation) {
  ENSURE(operation.audience == core::Audience::organization);
  auto organization = find_organization(db, actor, place);
  if (!organization || organization->kind != core::AccountKind::organization) return not_found();
  const auto granted = actor.account() != nullptr
                           ? store::find_member_role(db, organization->id, actor.account()->id)
                           : std::nullopt;
  TRY(core::check_organization_access(actor, granted, operation));
  const auto role = core::effective_member_role(actor.account(), granted);
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
