#include "api/repositories.h"

#include "app/default_branch.h"
#include "app/repositories.h"
#include "wire/repository.h"

namespace esclusa::api {
namespace {

http::Response repository_response(const Call& call, const core::Repository& repository) {
  wire::JsonWriter json;
  wire::write_repository(json, repository, call.urls, call.access().role, call.version);
  return json_response(200, std::move(json));
}

}  // namespace

Result<http::Response> get_repository(const Call& call) {
  return repository_response(call, app::follow_head(call.context, call.repository()));
}

Result<http::Response> update_repository(const Call& call) {
  const auto change = TRY(wire::parse_repository_change(call.request.body));
  const auto changed = TRY(
      app::update_repository(call.context, call.access().principal, call.repository().id, change));
  return repository_response(call, changed.repository);
}

Result<http::Response> list_nothing_of_repository(const Call&) {
  wire::JsonWriter json;
  json.begin_array().end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> list_languages(const Call&) {
  wire::JsonWriter json;
  json.begin_object().end_object();
  return json_response(200, std::move(json));
}

}  // namespace esclusa::api
