#include "api/users.h"

#include "app/accounts.h"
#include "wire/account.h"

namespace esclusa::api {

Result<http::Response> get_authenticated_user(const Call& call) {
  const auto profile = TRY(app::get_profile(call.context, call.principal.account->login));
  wire::JsonWriter json;
  const bool is_private =
      call.principal.token && call.principal.token->scopes.has(core::Scope::read_user);
  wire::write_user(json, profile, is_private ? wire::View::is_private : wire::View::is_public,
                   call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_user(const Call& call) {
  const auto profile = TRY(app::get_profile(call.context, call.parameter("username")));
  wire::JsonWriter json;
  wire::write_user(json, profile, wire::View::is_public, call.urls);
  return json_response(200, std::move(json));
}

Result<core::Profile> find_organization(const Call& call) {
  auto profile = TRY(call.organization_id ? app::get_profile(call.context, *call.organization_id)
                                          : app::get_profile(call.context, call.parameter("org")));
  if (profile.account.kind != core::AccountKind::organization) return app::not_found();
  return profile;
}

Result<http::Response> get_organization(const Call& call) {
  const auto profile = TRY(find_organization(call));
  wire::JsonWriter json;
  wire::write_organization(json, profile, call.urls);
  return json_response(200, std::move(json));
}

}  // namespace esclusa::api
