#include "app/members.h"
#include "api/filters.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/people.h"
#include "wire/account.h"
#include "wire/team.h"

/// The members of organizations.
namespace esclusa::api {
namespace {

http::Response membership_response(const Call& call, const core::Member& member) {
  JsonWriter json;
  wire::write_membership(json, call.organization().organization, member, call.urls);
  return json_response(200, std::move(json));
}

/// Refuses filters such as `2fa_disabled`: Esclusa does not know who has a second factor, so any
/// answer would mislead.
Result<void> refuse_filter(const Call& call) {
  const std::string filter = call.query_value("filter");
  if (filter.empty() || filter == "all") return {};
  return fail_request("\"filter\" is not supported.", "filter_not_supported");
}

Result<http::Response> list_members(const Call& call, app::Reader& db) {
  TRY(refuse_filter(call));
  const auto role = TRY(enum_filter<core::MemberRole>(call, "role"));
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_members(db, call.organization(), role, page));
  return list_response(call, page, listing, [&](auto& json, const core::Account& account) {
    wire::write_account(json, account, call.urls);
  });
}

/// 204 for a member, 404 for everybody else.
Result<http::Response> check_member(const Call& call, app::Reader& db) {
  TRY(app::get_member(db, call.organization(), call.parameter("username")));
  return no_content();
}

Result<http::Response> get_membership(const Call& call, app::Reader& db) {
  return membership_response(
      call, TRY(app::get_member(db, call.organization(), call.parameter("username"))));
}

Result<http::Response> set_membership(const Call& call) {
  const auto role = TRY(wire::parse_member_role(call.request.body));
  return membership_response(call, TRY(app::set_member(call.context, call.organization(),
                                                       call.parameter("username"), role)));
}

Result<http::Response> remove_membership(const Call& call) {
  TRY(app::remove_member(call.context, call.organization(), call.parameter("username")));
  return no_content();
}

constexpr std::string_view reads_org = "admin:org, read:org, write:org";
constexpr std::string_view writes_org = "admin:org, write:org";

#define MEMBERS "/orgs/{org}/members"
#define MEMBERSHIP "/orgs/{org}/memberships/{username}"

// clang-format off
const Route table[] = {
    {"GET", MEMBERS, &operations::list_members, reads_org, Lane::rows,
     "orgs/members#list-organization-members", list_members},
    {"GET", MEMBERS "/{username}", &operations::check_member, reads_org, Lane::loop,
     "orgs/members#check-organization-membership-for-a-user", check_member},
    {"DELETE", MEMBERS "/{username}", &operations::remove_membership, writes_org, Lane::commit,
     "orgs/members#remove-an-organization-member", remove_membership},
    {"GET", MEMBERSHIP, &operations::get_membership, reads_org, Lane::loop,
     "orgs/members#get-organization-membership-for-a-user", get_membership},
    {"PUT", MEMBERSHIP, &operations::set_membership, writes_org, Lane::commit,
     "orgs/members#set-organization-membership-for-a-user", set_membership},
    {"DELETE", MEMBERSHIP, &operations::remove_membership, writes_org, Lane::commit,
     "orgs/members#remove-organization-membership-for-a-user", remove_membership},
};
// clang-format on

}  // namespace

std::span<const Route> members_routes() { return table; }

}  // namespace esclusa::api
