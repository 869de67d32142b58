#include "api/users.h"

#include "api/route_tables.h"
#include "app/accounts.h"
#include "core/operations/server.h"
#include "wire/account.h"

namespace esclusa::api {

Result<core::Profile> find_organization(const Call& call, app::Reader& db) {
  auto profile = TRY(call.organization_id ? app::get_profile(db, *call.organization_id)
                                          : app::get_profile(db, call.parameter("org")));
  if (profile.account.kind != core::AccountKind::organization) return app::not_found();
  return profile;
}

namespace {

Result<http::Response> get_authenticated_user(const Call& call, app::Reader& db) {
  const auto profile = TRY(app::get_profile(db, call.actor.sender().login));
  JsonWriter json;
  const bool is_private = call.actor.authority().has(core::Scope::read_user);
  wire::write_user(json, profile, is_private ? wire::View::is_private : wire::View::is_public,
                   call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_user(const Call& call, app::Reader& db) {
  const auto profile = TRY(app::get_profile(db, call.parameter("username")));
  JsonWriter json;
  wire::write_user(json, profile, wire::View::is_public, call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_organization(const Call& call, app::Reader& db) {
  const auto profile = TRY(find_organization(call, db));
  JsonWriter json;
  wire::write_organization(json, profile, call.urls);
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", "/users/{username}", &operations::get_user, "", Lane::loop, "users/users#get-a-user",
     get_user},
    {"GET", "/orgs/{org}", &operations::get_organization, "", Lane::loop,
     "orgs/orgs#get-an-organization", get_organization},
    {"GET", "/user", &operations::get_authenticated_user, "", Lane::loop,
     "users/users#get-the-authenticated-user", get_authenticated_user},
};
// clang-format on

}  // namespace

std::span<const Route> users_routes() { return table; }

}  // namespace esclusa::api
