#include "app/collaborators.h"

#include "app/apps.h"
#include "store/accounts.h"
#include "store/collaborators.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

Result<core::Account> require_person(Reader& db, const std::string& login) {
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

Result<core::Listing<core::Collaborator>> list_collaborators(Reader& db,
                                                             const RepositoryAccess& access,
                                                             const core::CollaboratorFilter& filter,
                                                             const core::Page& page) {
  return store::list_collaborators(db, access.repository, filter, page);
}

Result<core::Collaborator> get_collaborator(Reader& db, const RepositoryAccess& access,
                                            const std::string& login) {
  auto account = TRY(require_person(db, login));
  const bool is_owner = account.id == access.repository.owner.id;
  const core::Role role =
      is_owner ? core::Role::admin : store::find_role(db, access.repository, account.id);
  if (role == core::Role::none) return not_found();
  return core::Collaborator{std::move(account), role};
}

Result<core::Collaborator> get_effective_role(Reader& db, const RepositoryAccess& access,
                                              const std::string& login) {
  auto account = TRY(require_person(db, login));
  const core::Role granted = store::find_role(db, access.repository, account.id);
  const core::Role role = core::effective_role(&account, access.repository, granted);
  return core::Collaborator{std::move(account), role};
}

Result<void> add_collaborator(const Context& context, const RepositoryAccess& access,
                              const std::string& login, core::Role role) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto account = store::find_account(change.rows, login);
    if (!account) return not_found();
    TRY(check_grantee(access.repository, *account));
    TRY(check_is_no_app(change.rows, *account));
    grant(change, access.repository, *account, role);
    return {};
  });
}

Result<void> remove_collaborator(const Context& context, const RepositoryAccess& access,
                                 const std::string& login) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto account = store::find_account(change.rows, login);
    if (!account) return not_found();
    TRY(check_grantee(access.repository, *account));
    if (store::find_own_role(change.rows, access.repository.id, account->id) == core::Role::none) {
      return not_found();
    }
    grant(change, access.repository, *account, core::Role::none);
    return {};
  });
}

void grant(Change& change, const core::Repository& repository, const core::Account& account,
           core::Role role) {
  store::set_role(change.rows, repository.id, account.id, role);
  change.audit({"repository.grant", repository.id, account.id.value,
                wire::audit_detail({{"login", account.login}, {"role", core::to_name(role)}})});
}

}  // namespace esclusa::app
