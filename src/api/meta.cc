#include "api/meta.h"

#include "wire/account.h"
#include "wire/repository.h"

namespace esclusa::api {

Result<http::Response> get_repository(const Call& call) {
  wire::JsonWriter json;
  wire::write_repository(json, call.repository(), call.urls, call.access().role, call.version);
  return json_response(200, std::move(json));
}

Result<http::Response> get_authenticated_user(const Call& call) {
  wire::JsonWriter json;
  wire::write_account(json, *call.principal.account, call.urls);
  return json_response(200, std::move(json));
}

}  // namespace esclusa::api
