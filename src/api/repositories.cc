#include "app/repositories.h"
#include "api/route_tables.h"
#include "app/default_branch.h"
#include "core/operations/code.h"
#include "wire/repository.h"

/// A repository as a whole.
namespace esclusa::api {
namespace {

http::Response repository_response(const Call& call, const core::Repository& repository) {
  JsonWriter json;
  wire::write_repository(json, repository, call.urls, call.access().role, call.version);
  return json_response(200, std::move(json));
}

Result<http::Response> get_repository(const Call& call) {
  return repository_response(call, app::follow_head(call.context, call.repository()));
}

Result<http::Response> update_repository(const Call& call) {
  const auto change = TRY(wire::parse_repository_change(call.request.body));
  const auto changed =
      TRY(app::update_repository(call.context, call.access().actor, call.repository().id, change));
  return repository_response(call, changed.repository);
}

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY, &operations::get_repository, "repo", Lane::git,
     "repos/repos#get-a-repository", get_repository},
    {"PATCH", REPOSITORY, &operations::update_repository, "", Lane::git,
     "repos/repos#update-a-repository", update_repository},
};
// clang-format on

}  // namespace

std::span<const Route> repositories_routes() { return table; }

}  // namespace esclusa::api
