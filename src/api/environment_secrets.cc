#include "app/environment_secrets.h"

#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/deployments.h"
#include "wire/environment.h"
#include "wire/environment_secret.h"
#include "wire/list.h"

/// `/repos/{owner}/{repo}/environments/{environment_name}/secrets…` and `/variables…`.
namespace esclusa::api {
namespace {

const std::string& environment_of(const Call& call) { return call.parameter("environment_name"); }

/// `{}`, which is at that address below the environment.
http::Response created_at(const Call& call, const std::string& kind, const std::string& name) {
  http::Response response = empty_object(201);
  response.headers.add(
      "Location", wire::environment_url(call.urls, call.repository(), environment_of(call)) + "/" +
                      kind + "/" + core::fold_secret_name(name));
  return response;
}

Result<http::Response> list_environment_secrets(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto listing =
      TRY(app::list_environment_secrets(db, call.access(), environment_of(call), page));
  JsonWriter json;
  wire::write_counted_list(json, listing.total_count, "secrets", listing.items,
                           wire::write_environment_secret);
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

Result<http::Response> get_environment_public_key(const Call& call) {
  const auto key =
      TRY(app::get_environment_public_key(call.context, call.access(), environment_of(call)));
  JsonWriter json;
  wire::write_public_key(json, key);
  return json_response(200, std::move(json));
}

Result<http::Response> get_environment_secret(const Call& call, app::Reader& db) {
  const auto secret = TRY(app::get_environment_secret(db, call.access(), environment_of(call),
                                                      call.parameter("secret_name")));
  JsonWriter json;
  wire::write_environment_secret(json, secret);
  return json_response(200, std::move(json));
}

Result<http::Response> put_environment_secret(const Call& call) {
  const auto input = TRY(wire::parse_sealed_secret(call.request.body));
  const auto put = TRY(app::put_environment_secret(
      call.context, call.access(), environment_of(call), call.parameter("secret_name"), input));
  if (put == app::PutSecret::replaced) return no_content();
  return created_at(call, "secrets", call.parameter("secret_name"));
}

Result<http::Response> delete_environment_secret(const Call& call) {
  TRY(app::delete_environment_secret(call.context, call.access(), environment_of(call),
                                     call.parameter("secret_name")));
  return no_content();
}

Result<http::Response> list_environment_variables(const Call& call, app::Reader& db) {
  const core::Page page =
      parse_page(call, limits::variables_page_default, limits::variables_page_max);
  const auto listing =
      TRY(app::list_environment_variables(db, call.access(), environment_of(call), page));
  JsonWriter json;
  wire::write_counted_list(json, listing.total_count, "variables", listing.items,
                           wire::write_environment_variable);
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

Result<http::Response> create_environment_variable(const Call& call) {
  const auto input = TRY(wire::parse_new_variable(call.request.body));
  TRY(app::create_environment_variable(call.context, call.access(), environment_of(call), input));
  return created_at(call, "variables", input.name.value());
}

Result<http::Response> get_environment_variable(const Call& call, app::Reader& db) {
  const auto variable = TRY(app::get_environment_variable(db, call.access(), environment_of(call),
                                                          call.parameter("name")));
  JsonWriter json;
  wire::write_environment_variable(json, variable);
  return json_response(200, std::move(json));
}

Result<http::Response> update_environment_variable(const Call& call) {
  const auto input = TRY(wire::parse_variable_change(call.request.body));
  TRY(app::update_environment_variable(call.context, call.access(), environment_of(call),
                                       call.parameter("name"), input));
  return no_content();
}

Result<http::Response> delete_environment_variable(const Call& call) {
  TRY(app::delete_environment_variable(call.context, call.access(), environment_of(call),
                                       call.parameter("name")));
  return no_content();
}

#define SECRETS REPOSITORY "/environments/{environment_name}/secrets"
#define VARIABLES REPOSITORY "/environments/{environment_name}/variables"

// clang-format off
const Route table[] = {
    {"GET", SECRETS, &operations::list_environment_secrets, "", Lane::rows,
     "actions/secrets#list-environment-secrets", list_environment_secrets},
    // Whoever reads it first makes it.
    {"GET", SECRETS "/public-key", &operations::get_environment_public_key, "", Lane::commit,
     "actions/secrets#get-an-environment-public-key", get_environment_public_key},
    {"GET", SECRETS "/{secret_name}", &operations::get_environment_secret, "", Lane::loop,
     "actions/secrets#get-an-environment-secret", get_environment_secret},
    {"PUT", SECRETS "/{secret_name}", &operations::put_environment_secret, "", Lane::commit,
     "actions/secrets#create-or-update-an-environment-secret", put_environment_secret},
    {"DELETE", SECRETS "/{secret_name}", &operations::delete_environment_secret, "", Lane::commit,
     "actions/secrets#delete-an-environment-secret", delete_environment_secret},
    {"GET", VARIABLES, &operations::list_environment_variables, "", Lane::rows,
     "actions/variables#list-environment-variables", list_environment_variables},
    {"POST", VARIABLES, &operations::create_environment_variable, "", Lane::commit,
     "actions/variables#create-an-environment-variable", create_environment_variable},
    {"GET", VARIABLES "/{name}", &operations::get_environment_variable, "", Lane::loop,
     "actions/variables#get-an-environment-variable", get_environment_variable},
    {"PATCH", VARIABLES "/{name}", &operations::update_environment_variable, "", Lane::commit,
     "actions/variables#update-an-environment-variable", update_environment_variable},
    {"DELETE", VARIABLES "/{name}", &operations::delete_environment_variable, "", Lane::commit,
     "actions/variables#delete-an-environment-variable", delete_environment_variable},
};
// clang-format on

}  // namespace

std::span<const Route> environment_secrets_routes() { return table; }

}  // namespace esclusa::api
