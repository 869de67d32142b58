#include "app/access.h"

#include "app/reviewers.h"
#include "base/limits.h"
#include "store/accounts.h"
#include "store/members.h"
#include "store/repositories.h"
#include "store/teams.h"

namespace esclusa::app {

Result<core::Principal> authenticate(const Context& context, std::string_view token) {
  auto refused = [] { return fail(ErrorCode::unauthenticated, "Bad credentials"); };
  if (!core::has_token_shape(token)) return refused();
  auto owner = TRY(context.database.read(
      [&](store::Connection& db) { return store::find_token(db, core::token_digest(token)); }));
  const Timestamp now = context.now();
  if (!owner || !core::is_usable(owner->token, owner->account, now)) return refused();
  const auto& last = owner->token.last_used_at;
  if (!last || now - *last >= limits::token_use_every) {
    context.token_use.note(owner->token.id, now);
  }
  core::Principal principal;
  principal.account = std::move(owner->account);
  principal.token = std::move(owner->token);
  return principal;
}

namespace {

/// The role that the account was granted in the repository; `Role::none` without an account.
core::Role granted_role(store::Connection& db, const core::Principal& principal,
                        const core::Repository& repository) {
  return principal.account ? store::find_role(db, repository, principal.account->id)
                           : core::Role::none;
}

template <class Find>
Result<RepositoryAccess> open(const Context& context, const core::Principal& principal,
                              const core::Requirement& requirement, Find find) {
  return context.database.read([&](store::Connection& db) -> Result<RepositoryAccess> {
    std::optional<core::Repository> repository = find(db);
    if (!repository) return not_found();
    const core::Role granted = granted_role(db, principal, *repository);
    TRY(core::check_access(principal, *repository, granted, requirement));
    core::Role role = core::effective_role(principal, *repository, granted);
    return RepositoryAccess{principal, std::move(*repository), role};
  });
}

}  // namespace

Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         const RepositoryName& name,
                                         const core::Requirement& requirement) {
  return open(context, principal, requirement, [&](store::Connection& db) {
    return store::find_repository(db, name.owner, name.name);
  });
}

Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         RepositoryId id, const core::Requirement& requirement) {
  return open(context, principal, requirement,
              [&](store::Connection& db) { return store::find_repository(db, id); });
}

namespace {

template <class Find>
Result<OrganizationAccess> open_found(const Context& context, const core::Principal& principal,
                                      const core::Requirement& requirement, Find find) {
  return context.database.read([&](store::Connection& db) -> Result<OrganizationAccess> {
    std::optional<core::Account> organization = find(db);
    if (!organization || organization->kind != core::AccountKind::organization) return not_found();
    const auto granted = principal.account
                             ? store::find_member_role(db, organization->id, principal.account->id)
                             : std::nullopt;
    TRY(core::check_organization_access(principal, granted, requirement));
    const auto role = core::effective_member_role(principal, granted);
    return OrganizationAccess{principal, std::move(*organization), role.value()};
  });
}

}  // namespace

Result<OrganizationAccess> open_organization(const Context& context,
                                             const core::Principal& principal,
                                             const std::string& login,
                                             const core::Requirement& requirement) {
  return open_found(context, principal, requirement,
                    [&](store::Connection& db) { return store::find_account(db, login); });
}

Result<OrganizationAccess> open_organization(const Context& context,
                                             const core::Principal& principal, AccountId id,
                                             const core::Requirement& requirement) {
  return open_found(context, principal, requirement,
                    [&](store::Connection& db) { return store::find_account(db, id); });
}

Result<OrganizationAccess> open_organization(const Context& context,
                                             const core::Principal& principal, TeamId team,
                                             const core::Requirement& requirement) {
  return open_found(context, principal, requirement,
                    [&](store::Connection& db) -> std::optional<core::Account> {
                      auto found = store::find_team(db, team);
                      if (!found || !may_see(db, principal, *found)) return std::nullopt;
                      return std::move(found->organization);
                    });
}

Result<std::optional<RepositoryId>> find_renamed(const Context& context,
                                                 const core::Principal& principal,
                                                 const RepositoryName& former,
                                                 const core::Requirement& requirement) {
  return context.database.read([&](store::Connection& db) -> std::optional<RepositoryId> {
    auto repository = store::find_renamed(db, former.owner, former.name);
    if (!repository) return std::nullopt;
    const core::Role granted = granted_role(db, principal, *repository);
    if (!core::check_access(principal, *repository, granted,
                            {core::Role::read, requirement.scopes})) {
      return std::nullopt;
    }
    return repository->id;
  });
}

}  // namespace esclusa::app
