#include "app/commit_statuses.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/deployments.h"
#include "wire/commit_status.h"

namespace esclusa::api {
namespace {

Result<http::Response> create_commit_status(const Call& call) {
  const auto input = TRY(wire::parse_new_commit_status(call.request.body));
  const auto status =
      TRY(app::create_commit_status(call.context, call.access(), call.parameter("sha"), input));
  JsonWriter json;
  wire::write_commit_status(json, status, call.repository(), call.urls);
  http::Response response = json_response(201, std::move(json));
  response.headers.add("Location",
                       call.urls.repository(call.repository()) + "/statuses/" + status.sha);
  return response;
}

Result<http::Response> list_commit_statuses(const Call& call) {
  const core::Page page = parse_page(call);
  const auto listing =
      TRY(app::list_commit_statuses(call.context, call.access(), call.parameter("ref"), page));
  return list_response(call, page, listing, [&](auto& json, const core::CommitStatus& status) {
    wire::write_commit_status(json, status, call.repository(), call.urls);
  });
}

Result<http::Response> get_combined_status(const Call& call) {
  const core::Page page = parse_page(call);
  const auto latest =
      TRY(app::get_latest_statuses(call.context, call.access(), call.parameter("ref")));
  JsonWriter json;
  wire::write_combined_status(json, latest.sha, latest.statuses, page, call.repository(),
                              call.urls);
  return with_link(json_response(200, std::move(json)), call, page,
                   static_cast<int64_t>(latest.statuses.size()));
}

constexpr std::string_view reads_statuses = "repo, repo:status";

// clang-format off
const Route table[] = {
    {"POST", REPOSITORY "/statuses/{sha}", &operations::create_commit_status, "", Lane::git,
     "commits/statuses#create-a-commit-status", create_commit_status},
    {"GET", REPOSITORY "/statuses/{ref...}", &operations::list_commit_statuses, reads_statuses,
     Lane::git, "commits/statuses#list-commit-statuses-for-a-reference", list_commit_statuses},
    {"GET", REPOSITORY "/commits/{ref...}/statuses", &operations::list_commit_statuses,
     reads_statuses, Lane::git, "commits/statuses#list-commit-statuses-for-a-reference",
     list_commit_statuses},
    {"GET", REPOSITORY "/commits/{ref...}/status", &operations::get_combined_status, reads_statuses,
     Lane::git, "commits/statuses#get-the-combined-status-for-a-specific-reference",
     get_combined_status},
};
// clang-format on

}  // namespace

std::span<const Route> commit_statuses_routes() { return table; }

}  // namespace esclusa::api
