#include "app/check_runs.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "base/json.h"
#include "base/text.h"
#include "core/operations/deployments.h"
#include "wire/check_run.h"
#include "wire/enums.h"
#include "wire/list.h"

namespace esclusa::api {
namespace {

http::Response check_run_response(const Call& call, int status, const core::CheckRun& run) {
  JsonWriter json;
  wire::write_check_run(json, run, call.repository(), call.urls);
  return json_response(status, std::move(json));
}

Result<core::CheckRunFilter> parse_filter(const Call& call) {
  core::CheckRunFilter filter;
  filter.name = call.query_value("check_name");
  if (const std::string status = call.query_value("status"); !status.empty()) {
    filter.status = core::from_name<core::CheckStatus>(status);
    if (!filter.status) return wire::not_a_member<core::CheckStatus>(status);
  }
  const std::string which = call.query_value("filter");
  if (!which.empty() && which != "latest" && which != "all") {
    return fail_request(which + " is not a member of [\"latest\", \"all\"].");
  }
  filter.latest_only = which != "all";
  return filter;
}

http::Response runs_response(const Call& call, const core::Page& page,
                             const core::Listing<core::CheckRun>& listing) {
  JsonWriter json;
  wire::write_counted_list(json, listing.total_count, "check_runs", listing.items,
                           [&](JsonWriter& to, const core::CheckRun& run) {
                             wire::write_check_run(to, run, call.repository(), call.urls);
                           });
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

Result<http::Response> create_check_run(const Call& call) {
  const auto input = TRY(wire::parse_new_check_run(call.request.body));
  const auto run = TRY(app::create_check_run(call.context, call.access(), input));
  http::Response response = check_run_response(call, 201, run);
  response.headers.add("Location", call.urls.repository(call.repository()) + "/check-runs/" +
                                       std::to_string(run.id.value));
  return response;
}

Result<http::Response> get_check_run(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<CheckRunId>("check_run_id"));
  return check_run_response(call, 200, TRY(app::get_check_run(db, call.access(), id)));
}

Result<http::Response> update_check_run(const Call& call) {
  const auto id = TRY(call.id<CheckRunId>("check_run_id"));
  const auto input = TRY(wire::parse_check_run_changes(call.request.body));
  return check_run_response(call, 200,
                            TRY(app::update_check_run(call.context, call.access(), id, input)));
}

Result<http::Response> list_check_runs(const Call& call) {
  const core::Page page = parse_page(call);
  const auto filter = TRY(parse_filter(call));
  return runs_response(
      call, page,
      TRY(app::list_check_runs(call.context, call.access(), call.parameter("ref"), filter, page)));
}

Result<http::Response> list_check_suites(const Call& call) {
  const core::Page page = parse_page(call);
  const core::CheckRunFilter filter{.name = call.query_value("check_name"), .latest_only = false};
  const auto listing =
      TRY(app::list_check_suites(call.context, call.access(), call.parameter("ref"), filter, page));
  JsonWriter json;
  wire::write_counted_list(json, listing.total_count, "check_suites", listing.items,
                           [&](JsonWriter& to, const app::CheckSuite& suite) {
                             wire::write_check_suite(to, suite.run, suite.head, call.repository(),
                                                     call.urls);
                           });
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

Result<http::Response> get_check_suite(const Call& call) {
  const auto id = TRY(call.id<CheckRunId>("check_suite_id"));
  const auto suite = TRY(app::get_check_suite(call.context, call.access(), id));
  JsonWriter json;
  wire::write_check_suite(json, suite.run, suite.head, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> list_check_runs_in_suite(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto filter = TRY(parse_filter(call));
  const auto id = TRY(call.id<CheckRunId>("check_suite_id"));
  core::CheckRun run = TRY(app::get_check_run(db, call.access(), id));
  const bool fits = (filter.name.empty() || equal_ignoring_case(filter.name, run.name)) &&
                    (!filter.status || filter.status == run.status);
  core::Listing<core::CheckRun> listing{{}, fits ? 1 : 0};
  if (fits && page.number == 1) listing.items.push_back(std::move(run));
  return runs_response(call, page, listing);
}

Result<http::Response> list_annotations(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto id = TRY(call.id<CheckRunId>("check_run_id"));
  const auto run = TRY(app::get_check_run(db, call.access(), id));
  const auto all = TRY(Json::parse(run.annotations)).elements();
  core::Listing<Json> listing{{}, static_cast<int64_t>(all.size())};
  const auto items = page.cut(all);
  listing.items.assign(items.begin(), items.end());
  return list_response(call, page, listing, [&](auto& json, const Json& annotation) {
    wire::write_annotation(json, annotation, run, call.repository(), call.urls);
  });
}

#define CHECK_SUITE REPOSITORY "/check-suites/{check_suite_id}"
#define CHECK_RUN REPOSITORY "/check-runs/{check_run_id}"

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/commits/{ref...}/check-runs", &operations::list_check_runs, "repo",
     Lane::git, "checks/runs#list-check-runs-for-a-git-reference", list_check_runs},
    {"GET", REPOSITORY "/commits/{ref...}/check-suites", &operations::list_check_suites, "repo",
     Lane::git, "checks/suites#list-check-suites-for-a-git-reference", list_check_suites},
    {"GET", CHECK_SUITE, &operations::get_check_suite, "repo", Lane::git,
     "checks/suites#get-a-check-suite", get_check_suite},
    {"GET", CHECK_SUITE "/check-runs", &operations::list_check_runs_in_suite, "repo", Lane::rows,
     "checks/runs#list-check-runs-in-a-check-suite", list_check_runs_in_suite},
    {"POST", REPOSITORY "/check-runs", &operations::create_check_run, "", Lane::git,
     "checks/runs#create-a-check-run", create_check_run},
    {"GET", CHECK_RUN, &operations::get_check_run, "repo", Lane::loop,
     "checks/runs#get-a-check-run", get_check_run},
    {"PATCH", CHECK_RUN, &operations::update_check_run, "", Lane::commit,
     "checks/runs#update-a-check-run", update_check_run},
    {"GET", CHECK_RUN "/annotations", &operations::list_annotations, "repo", Lane::rows,
     "checks/runs#list-check-run-annotations", list_annotations},
};
// clang-format on

}  // namespace

std::span<const Route> check_runs_routes() { return table; }

}  // namespace esclusa::api
