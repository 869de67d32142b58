#include "app/members.h"

#include "store/accounts.h"
#include "store/events.h"
#include "store/members.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

Result<core::Member> find_member(store::Connection& db, const core::Account& organization,
                                 const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account) return not_found();
  const auto role = store::find_member_role(db, organization.id, account->id);
  if (!role) return not_found();
  return core::Member{std::move(*account), *role};
}

/// Refuses a change that leaves the organization without an owner who is a human and not blocked:
/// only the machine's administrator could give it another.
Result<void> keep_an_owner(store::Connection& tx, const core::Account& organization,
                           AccountId account) {
  const auto role = store::find_member_role(tx, organization.id, account);
  if (role != core::MemberRole::admin) return {};
  if (store::has_other_owner(tx, organization.id, account)) return {};
  return fail(ErrorCode::forbidden, "An organization must have at least one owner.", "last_owner");
}

std::string detail_of(const core::Account& account, std::string_view role) {
  wire::JsonWriter json;
  json.begin_object().member("login", account.login);
  if (!role.empty()) json.member("role", role);
  json.end_object();
  return json.take();
}

}  // namespace

Result<void> join_organization(store::Connection& tx, const core::Principal& principal,
                               const core::Account& organization, const core::Account& account,
                               core::MemberRole role, Timestamp now) {
  if (account.kind == core::AccountKind::organization) {
    return fail(ErrorCode::invalid, "An organization cannot be a member of another one",
                "not_a_member");
  }
  store::set_member(tx, organization.id, account.id, role);
  store::insert_audit(tx, principal,
                      {"organization.set_member", std::nullopt, organization.id.value,
                       detail_of(account, core::to_name(role))},
                      now);
  return {};
}

Result<core::Listing<core::Account>> list_members(const Context& context,
                                                  const OrganizationAccess& access,
                                                  std::optional<core::MemberRole> role,
                                                  const core::Page& page) {
  return context.database.read([&](store::Connection& db) {
    return store::list_members(db, access.organization.id, role, page);
  });
}

Result<core::Member> get_member(const Context& context, const OrganizationAccess& access,
                                const std::string& login) {
  return context.database.read(
      [&](store::Connection& db) { return find_member(db, access.organization, login); });
}

Result<core::Member> set_member(const Context& context, const OrganizationAccess& access,
                                const std::string& login, core::MemberRole role) {
  return context.database.write([&](store::Connection& tx) -> Result<core::Member> {
    auto account = store::find_account(tx, login);
    if (!account) return not_found();
    if (role != core::MemberRole::admin) TRY(keep_an_owner(tx, access.organization, account->id));
    TRY(join_organization(tx, access.principal, access.organization, *account, role,
                          context.now()));
    return core::Member{std::move(*account), role};
  });
}

Result<void> remove_member(const Context& context, const OrganizationAccess& access,
                           const std::string& login) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto member = TRY(find_member(tx, access.organization, login));
    TRY(keep_an_owner(tx, access.organization, member.account.id));
    store::remove_member(tx, access.organization.id, member.account.id);
    store::insert_audit(tx, access.principal,
                        {"organization.remove_member", std::nullopt, access.organization.id.value,
                         detail_of(member.account, "")},
                        context.now());
    return {};
  });
}

}  // namespace esclusa::app
