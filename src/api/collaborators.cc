#include "app/collaborators.h"
#include "api/filters.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/people.h"
#include "wire/collaborator.h"
#include "wire/repository.h"

/// The collaborators of a repository and their roles.
namespace esclusa::api {
namespace {

Result<core::CollaboratorFilter> parse_filter(const Call& call) {
  core::CollaboratorFilter filter;
  filter.affiliation = TRY(enum_filter<core::CollaboratorAffiliation>(call, "affiliation"));
  const std::string permission = call.query_value("permission");
  if (!permission.empty()) filter.at_least = TRY(wire::parse_permission_name(permission));
  return filter;
}

Result<http::Response> list_collaborators(const Call& call, app::Reader& db) {
  const auto filter = TRY(parse_filter(call));
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_collaborators(db, call.access(), filter, page));
  return list_response(call, page, listing, [&](auto& json, const core::Collaborator& one) {
    wire::write_collaborator(json, one, call.urls);
  });
}

/// 204 if the account is a collaborator, otherwise 404.
Result<http::Response> check_collaborator(const Call& call, app::Reader& db) {
  TRY(app::get_collaborator(db, call.access(), call.parameter("username")));
  return no_content();
}

/// Always 204: collaborators are added at once, without an invitation.
Result<http::Response> add_collaborator(const Call& call) {
  const auto role = TRY(wire::parse_permission(call.request.body, core::Role::write));
  TRY(app::add_collaborator(call.context, call.access(), call.parameter("username"), role));
  return no_content();
}

Result<http::Response> remove_collaborator(const Call& call) {
  TRY(app::remove_collaborator(call.context, call.access(), call.parameter("username")));
  return no_content();
}

Result<http::Response> get_collaborator_permission(const Call& call, app::Reader& db) {
  const auto found = TRY(app::get_effective_role(db, call.access(), call.parameter("username")));
  JsonWriter json;
  wire::write_collaborator_permission(json, found, call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> list_invitations(const Call&, app::Reader&) { return empty_list(); }

#define COLLABORATORS REPOSITORY "/collaborators"
#define COLLABORATOR COLLABORATORS "/{username}"

// clang-format off
const Route table[] = {
    {"GET", COLLABORATORS, &operations::list_collaborators, "repo", Lane::rows,
     "collaborators/collaborators#list-repository-collaborators", list_collaborators},
    {"GET", COLLABORATOR, &operations::check_collaborator, "repo", Lane::loop,
     "collaborators/collaborators#check-if-a-user-is-a-repository-collaborator",
     check_collaborator},
    {"PUT", COLLABORATOR, &operations::add_collaborator, "", Lane::commit,
     "collaborators/collaborators#add-a-repository-collaborator", add_collaborator},
    {"DELETE", COLLABORATOR, &operations::remove_collaborator, "", Lane::commit,
     "collaborators/collaborators#remove-a-repository-collaborator", remove_collaborator},
    {"GET", COLLABORATOR "/permission", &operations::get_collaborator_permission, "repo",
     Lane::loop, "collaborators/collaborators#get-repository-permissions-for-a-user",
     get_collaborator_permission},
    {"GET", REPOSITORY "/invitations", &operations::list_invitations, "repo, repo:invite",
     Lane::rows, "collaborators/invitations#list-repository-invitations", list_invitations},
};
// clang-format on

}  // namespace

std::span<const Route> collaborators_routes() { return table; }

}  // namespace esclusa::api
