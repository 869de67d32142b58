#include "app/deploy_keys.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/people.h"
#include "wire/deploy_key.h"

namespace esclusa::api {
namespace {

http::Response key_response(const Call& call, int status, const core::DeployKey& key) {
  JsonWriter json;
  wire::write_deploy_key(json, key, call.repository(), call.urls, call.context.now());
  return json_response(status, std::move(json));
}

Result<http::Response> list_deploy_keys(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_deploy_keys(db, call.access(), page));
  return list_response(call, page, listing, [&](auto& json, const core::DeployKey& key) {
    wire::write_deploy_key(json, key, call.repository(), call.urls, call.context.now());
  });
}

Result<http::Response> create_deploy_key(const Call& call) {
  const core::NewDeployKey input = TRY(wire::parse_new_deploy_key(call.request.body));
  const auto key = TRY(app::create_deploy_key(call.context, call.access(), input));
  http::Response response = key_response(call, 201, key);
  response.headers.add("Location", wire::deploy_key_url(call.urls, call.repository(), key.id));
  return response;
}

Result<http::Response> get_deploy_key(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeployKeyId>("key_id"));
  return key_response(call, 200, TRY(app::get_deploy_key(db, call.access(), id)));
}

Result<http::Response> delete_deploy_key(const Call& call) {
  const auto id = TRY(call.id<DeployKeyId>("key_id"));
  TRY(app::delete_deploy_key(call.context, call.access(), id));
  return no_content();
}

#define KEY REPOSITORY "/keys/{key_id}"

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/keys", &operations::list_deploy_keys, "", Lane::rows,
     "deploy-keys/deploy-keys#list-deploy-keys", list_deploy_keys},
    {"POST", REPOSITORY "/keys", &operations::create_deploy_key, "", Lane::commit,
     "deploy-keys/deploy-keys#create-a-deploy-key", create_deploy_key},
    {"GET", KEY, &operations::get_deploy_key, "", Lane::loop,
     "deploy-keys/deploy-keys#get-a-deploy-key", get_deploy_key},
    {"DELETE", KEY, &operations::delete_deploy_key, "", Lane::commit,
     "deploy-keys/deploy-keys#delete-a-deploy-key", delete_deploy_key},
};
// clang-format on

}  // namespace

std::span<const Route> deploy_keys_routes() { return table; }

}  // namespace esclusa::api
