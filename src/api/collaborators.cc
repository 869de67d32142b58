#include "api/collaborators.h"

#include "api/filters.h"
#include "api/pagination.h"
#include "app/collaborators.h"
#include "wire/collaborator.h"
#include "wire/repository.h"

namespace esclusa::api {
namespace {

Result<core::CollaboratorFilter> parse_filter(const Call& call) {
  core::CollaboratorFilter filter;
  filter.affiliation = TRY(enum_filter<core::CollaboratorAffiliation>(call, "affiliation"));
  const std::string permission = call.query_value("permission");
  if (!permission.empty()) filter.at_least = TRY(wire::parse_permission_name(permission));
  return filter;
}

}  // namespace

Result<http::Response> list_collaborators(const Call& call) {
  const auto filter = TRY(parse_filter(call));
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_collaborators(call.context, call.access(), filter, page));
  return list_response(call, page, listing, [&](auto& json, const core::Collaborator& one) {
    wire::write_collaborator(json, one, call.urls);
  });
}

Result<http::Response> check_collaborator(const Call& call) {
  TRY(app::get_collaborator(call.context, call.access(), call.parameter("username")));
  return no_content();
}

Result<http::Response> add_collaborator(const Call& call) {
  const auto role = TRY(wire::parse_permission(call.request.body, core::Role::write));
  TRY(app::add_collaborator(call.context, call.access(), call.parameter("username"), role));
  return no_content();
}

Result<http::Response> remove_collaborator(const Call& call) {
  TRY(app::remove_collaborator(call.context, call.access(), call.parameter("username")));
  return no_content();
}

Result<http::Response> get_collaborator_permission(const Call& call) {
  const auto found =
      TRY(app::get_effective_role(call.context, call.access(), call.parameter("username")));
  wire::JsonWriter json;
  wire::write_collaborator_permission(json, found, call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> list_invitations(const Call&) {
  wire::JsonWriter json;
  json.begin_array().end_array();
  return json_response(200, std::move(json));
}

}  // namespace esclusa::api
