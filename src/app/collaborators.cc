#include "app/collaborators.h"

#include "store/accounts.h"
#include "store/collaborators.h"
#include "store/events.h"
#include "store/repositories.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

Result<core::Account> require_person(store::Connection& db, const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account || account->kind == core::AccountKind::organization) return not_found();
  return std::move(*account);
}

std::unexpected<Error> refuse(std::string message, const char* reason_code) {
  return fail_validation({"Repository", "collaborator", "invalid", std::move(message)},
                         reason_code);
}

/// Nobody can grant or remove the owner's role.
Result<void> check_grantee(const core::Repository& repository, const core::Account& account) {
  if (account.kind == core::AccountKind::organization) {
    return refuse(account.login + " is an organization", "not_a_user");
  }
  if (account.id == repository.owner.id) {
    return refuse("Repository owner cannot be a collaborator", "owner_is_no_collaborator");
  }
  return {};
}

}  // namespace

Result<core::Listing<core::Collaborator>> list_collaborators(const Context& context,
                                                             const RepositoryAccess& access,
                                                             const core::CollaboratorFilter& filter,
                                                             const core::Page& page) {
  return context.database.read([&](store::Connection& db) {
    return store::list_collaborators(db, access.repository, filter, page);
  });
}

Result<core::Collaborator> get_collaborator(const Context& context, const RepositoryAccess& access,
                                            const std::string& login) {
  return context.database.read([&](store::Connection& db) -> Result<core::Collaborator> {
    auto account = TRY(require_person(db, login));
    const bool is_owner = account.id == access.repository.owner.id;
    const core::Role role =
        is_owner ? core::Role::admin : store::find_role(db, access.repository, account.id);
    if (role == core::Role::none) return not_found();
    return core::Collaborator{std::move(account), role};
  });
}

Result<core::Collaborator> get_effective_role(const Context& context,
                                              const RepositoryAccess& access,
                                              const std::string& login) {
  return context.database.read([&](store::Connection& db) -> Result<core::Collaborator> {
    core::Principal principal;
    principal.account = TRY(require_person(db, login));
    const core::Role granted = store::find_role(db, access.repository, principal.account->id);
    const core::Role role = core::effective_role(principal, access.repository, granted);
    return core::Collaborator{std::move(*principal.account), role};
  });
}

Result<void> add_collaborator(const Context& context, const RepositoryAccess& access,
                              const std::string& login, core::Role role) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto account = store::find_account(tx, login);
    if (!account) return not_found();
    TRY(check_grantee(access.repository, *account));
    grant(tx, access.principal, access.repository, *account, role, context.now());
    return {};
  });
}

Result<void> remove_collaborator(const Context& context, const RepositoryAccess& access,
                                 const std::string& login) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto account = store::find_account(tx, login);
    if (!account) return not_found();
    TRY(check_grantee(access.repository, *account));
    if (store::find_own_role(tx, access.repository.id, account->id) == core::Role::none) {
      return not_found();
    }
    grant(tx, access.principal, access.repository, *account, core::Role::none, context.now());
    return {};
  });
}

void grant(store::Connection& tx, const core::Principal& principal,
           const core::Repository& repository, const core::Account& account, core::Role role,
           Timestamp now) {
  store::set_role(tx, repository.id, account.id, role);
  wire::JsonWriter detail;
  detail.begin_object()
      .member("login", account.login)
      .member("role", core::to_name(role))
      .end_object();
  store::insert_audit(tx, principal,
                      {"repository.grant", repository.id, account.id.value, detail.take()}, now);
}

}  // namespace esclusa::app
