#include "api/commit_statuses.h"

#include "api/pagination.h"
#include "app/commit_statuses.h"
#include "wire/commit_status.h"

namespace esclusa::api {

Result<http::Response> create_commit_status(const Call& call) {
  const auto input = TRY(wire::parse_new_commit_status(call.request.body));
  const auto status =
      TRY(app::create_commit_status(call.context, call.access(), call.parameter("sha"), input));
  wire::JsonWriter json;
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
  wire::JsonWriter json;
  wire::write_combined_status(json, latest.sha, latest.statuses, page, call.repository(),
                              call.urls);
  return with_link(json_response(200, std::move(json)), call, page,
                   static_cast<int64_t>(latest.statuses.size()));
}

}  // namespace esclusa::api
