#include "api/members.h"

#include "api/filters.h"
#include "api/pagination.h"
#include "app/members.h"
#include "wire/account.h"
#include "wire/team.h"

namespace esclusa::api {
namespace {

http::Response membership_response(const Call& call, const core::Member& member) {
  wire::JsonWriter json;
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

}  // namespace

Result<http::Response> list_members(const Call& call) {
  TRY(refuse_filter(call));
  const auto role = TRY(enum_filter<core::MemberRole>(call, "role"));
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_members(call.context, call.organization(), role, page));
  return list_response(call, page, listing, [&](auto& json, const core::Account& account) {
    wire::write_account(json, account, call.urls);
  });
}

Result<http::Response> check_member(const Call& call) {
  TRY(app::get_member(call.context, call.organization(), call.parameter("username")));
  return no_content();
}

Result<http::Response> get_membership(const Call& call) {
  return membership_response(
      call, TRY(app::get_member(call.context, call.organization(), call.parameter("username"))));
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

}  // namespace esclusa::api
