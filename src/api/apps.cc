#include "core/operations/apps.h"
#include "api/pagination.h"
#include "api/redirect.h"
#include "api/route_tables.h"
#include "app/installations.h"
#include "app/repository_lists.h"
#include "wire/app.h"
#include "wire/repository.h"

/// What an app asks about itself by its JWT, and an installation by its token.
namespace esclusa::api {
namespace {

Result<http::Response> get_authenticated_app(const Call& call, app::Reader& db) {
  const core::App& app = *call.actor.app();
  JsonWriter json;
  wire::write_app(json, app, call.urls, app::count_installations(db, app.id));
  return json_response(200, std::move(json));
}

Result<http::Response> get_app(const Call& call, app::Reader& db) {
  JsonWriter json;
  wire::write_app(json, TRY(app::get_app(db, call.parameter("app_slug"))), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> list_installations(const Call& call, app::Reader& db) {
  const core::App& app = *call.actor.app();
  const core::Page page = parse_page(call);
  return list_response(call, page, TRY(app::list_installations(db, app, page)),
                       [&](auto& json, const core::Installation& installation) {
                         wire::write_installation(json, app, installation, call.urls);
                       });
}

Result<http::Response> installation_response(const Call& call,
                                             const Result<core::Installation>& installation) {
  JsonWriter json;
  wire::write_installation(json, *call.actor.app(), TRY(installation), call.urls);
  return json_response(200, std::move(json));
}

Result<InstallationId> installation_id(const Call& call) {
  return call.id<InstallationId>("installation_id");
}

Result<http::Response> get_installation(const Call& call, app::Reader& db) {
  return installation_response(
      call, app::get_installation(db, *call.actor.app(), TRY(installation_id(call))));
}

Result<http::Response> get_repository_installation(const Call& call, app::Reader& db) {
  const core::App& app = *call.actor.app();
  if (call.repository_id) {
    return installation_response(call,
                                 app::get_repository_installation(db, app, *call.repository_id));
  }
  const std::string &owner = call.parameter("owner"), &name = call.parameter("repo");
  const auto found = app::get_repository_installation(db, app, owner, name);
  if (!found) {
    if (const auto id = app::find_renamed(db, app, owner, name)) return moved_response(call, *id);
  }
  return installation_response(call, found);
}

Result<http::Response> get_organization_installation(const Call& call, app::Reader& db) {
  const core::App& app = *call.actor.app();
  constexpr auto kind = app::AccountOf::organization;
  return installation_response(
      call, call.organization_id
                ? app::get_account_installation(db, app, *call.organization_id, kind)
                : app::get_account_installation(db, app, call.parameter("org"), kind));
}

Result<http::Response> get_user_installation(const Call& call, app::Reader& db) {
  return installation_response(
      call, app::get_account_installation(db, *call.actor.app(), call.parameter("username"),
                                          app::AccountOf::anybody));
}

Result<http::Response> remove_installation(const Call& call) {
  TRY(app::remove_installation(call.context, call.actor, TRY(installation_id(call))));
  return no_content();
}

Result<http::Response> suspend_installation(const Call& call) {
  TRY(app::suspend_installation(call.context, call.actor, TRY(installation_id(call)), true));
  return no_content();
}

Result<http::Response> unsuspend_installation(const Call& call) {
  TRY(app::suspend_installation(call.context, call.actor, TRY(installation_id(call)), false));
  return no_content();
}

Result<http::Response> create_installation_token(const Call& call) {
  const auto input = TRY(wire::parse_new_installation_token(call.request.body));
  const auto minted = TRY(
      app::create_installation_token(call.context, call.actor, TRY(installation_id(call)), input));
  JsonWriter json;
  wire::write_installation_token(json, minted, minted.selection, call.urls, call.version);
  return json_response(201, std::move(json));
}

Result<http::Response> list_installation_repositories(const Call& call, app::Reader& db) {
  const core::InstallationGrant& grant = *call.actor.installation();
  core::RepositoryFilter filter;
  filter.reach = app::reach_of(grant);
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_repositories(db, call.actor, filter, page));
  const bool has_all =
      grant.installation.selection == core::RepositorySelection::all && !grant.token.repositories;
  JsonWriter json;
  json.begin_object()
      .member("total_count", listing.total_count)
      .member("repository_selection", has_all ? "all" : "selected")
      .key("repositories");
  wire::write_list(json, listing.items, [&](auto& to, const app::ViewedRepository& one) {
    wire::write_listed_repository(to, one.repository, one.role, call.urls, call.version);
  });
  json.end_object();
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

Result<http::Response> revoke_installation_token(const Call& call) {
  TRY(app::revoke_installation_token(call.context, call.actor));
  return no_content();
}

#define INSTALLATION "/app/installations/{installation_id}"

// clang-format off
const Route table[] = {
    {"GET", "/app", &operations::get_authenticated_app, "", Lane::loop,
     "apps/apps#get-the-authenticated-app", get_authenticated_app},
    {"GET", "/apps/{app_slug}", &operations::get_app, "", Lane::loop, "apps/apps#get-an-app",
     get_app},
    {"GET", "/app/installations", &operations::list_installations, "", Lane::rows,
     "apps/apps#list-installations-for-the-authenticated-app", list_installations},
    {"GET", INSTALLATION, &operations::get_installation, "", Lane::loop,
     "apps/apps#get-an-installation-for-the-authenticated-app", get_installation},
    {"DELETE", INSTALLATION, &operations::remove_installation, "", Lane::commit,
     "apps/apps#delete-an-installation-for-the-authenticated-app", remove_installation},
    {"PUT", INSTALLATION "/suspended", &operations::suspend_installation, "", Lane::commit,
     "apps/apps#suspend-an-app-installation", suspend_installation},
    {"DELETE", INSTALLATION "/suspended", &operations::unsuspend_installation, "", Lane::commit,
     "apps/apps#unsuspend-an-app-installation", unsuspend_installation},
    {"POST", INSTALLATION "/access_tokens", &operations::create_installation_token, "",
     Lane::commit, "apps/apps#create-an-installation-access-token-for-an-app",
     create_installation_token},
    {"GET", REPOSITORY "/installation", &operations::get_repository_installation, "", Lane::loop,
     "apps/apps#get-a-repository-installation-for-the-authenticated-app",
     get_repository_installation},
    {"GET", "/orgs/{org}/installation", &operations::get_organization_installation, "", Lane::loop,
     "apps/apps#get-an-organization-installation-for-the-authenticated-app",
     get_organization_installation},
    {"GET", "/users/{username}/installation", &operations::get_user_installation, "", Lane::loop,
     "apps/apps#get-a-user-installation-for-the-authenticated-app", get_user_installation},
    {"GET", "/installation/repositories", &operations::list_installation_repositories, "",
     Lane::rows, "apps/installations#list-repositories-accessible-to-the-app-installation",
     list_installation_repositories},
    {"DELETE", "/installation/token", &operations::revoke_installation_token, "", Lane::commit,
     "apps/installations#revoke-an-installation-access-token", revoke_installation_token},
};
// clang-format on

}  // namespace

std::span<const Route> apps_routes() { return table; }

}  // namespace esclusa::api
