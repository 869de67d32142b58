#include "app/members.h"

#include "app/apps.h"
#include "store/accounts.h"
#include "store/members.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

Result<core::Member> find_member(Reader& db, const core::Account& organization,
                                 const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account) return not_found();
  const auto role = store::find_member_role(db, organization.id, account->id);
  if (!role) return not_found();
  return core::Member{std::move(*account), *role};
}

/// Refuses a change that leaves the organization without an owner who is a human and not blocked:
/// only the machine's administrator could give it another.
Result<void> keep_an_owner(Reader& db, const core::Account& organization, AccountId account) {
  const auto role = store::find_member_role(db, organization.id, account);
  if (role != core::MemberRole::admin) return {};
  if (store::has_other_owner(db, organization.id, account)) return {};
  return fail(ErrorCode::forbidden, "An organization must have at least one owner.", "last_owner");
}

}  // namespace

Result<void> join_organization(Change& change, const core::Account& organization,
                               const core::Account& account, core::MemberRole role) {
  if (account.kind == core::AccountKind::organization) {
    return fail(ErrorCode::invalid, "An organization cannot be a member of another one",
                "not_a_member");
  }
  TRY(check_is_no_app(change.rows, account));
  store::set_member(change.rows, organization.id, account.id, role);
  change.audit({"organization.set_member", std::nullopt, organization.id.value,
                wire::audit_detail({{"login", account.login}, {"role", core::to_name(role)}})});
  return {};
}

Result<core::Listing<core::Account>> list_members(Reader& db, const OrganizationAccess& access,
                                                  std::optional<core::MemberRole> role,
                                                  const core::Page& page) {
  return store::list_members(db, access.organization.id, role, page);
}

Result<core::Member> get_member(Reader& db, const OrganizationAccess& access,
                                const std::string& login) {
  return find_member(db, access.organization, login);
}

Result<core::Member> set_member(const Context& context, const OrganizationAccess& access,
                                const std::string& login, core::MemberRole role) {
  return change(context, access.actor, [&](Change& change) -> Result<core::Member> {
    auto account = store::find_account(change.rows, login);
    if (!account) return not_found();
    if (role != core::MemberRole::admin) {
      TRY(keep_an_owner(change.rows, access.organization, account->id));
    }
    TRY(join_organization(change, access.organization, *account, role));
    return core::Member{std::move(*account), role};
  });
}

Result<void> remove_member(const Context& context, const OrganizationAccess& access,
                           const std::string& login) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto member = TRY(find_member(change.rows, access.organization, login));
    TRY(keep_an_owner(change.rows, access.organization, member.account.id));
    store::remove_member(change.rows, access.organization.id, member.account.id);
    change.audit({"organization.remove_member", std::nullopt, access.organization.id.value,
                  wire::audit_detail({{"login", member.account.login}})});
    return {};
  });
}

}  // namespace esclusa::app
