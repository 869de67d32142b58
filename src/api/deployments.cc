#include "app/deployments.h"
#include "api/deployment_answers.h"
#include "api/idempotency.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "app/deployment_texts.h"
#include "base/crypto.h"
#include "core/operations/deployments.h"
#include "wire/deployment.h"
#include "wire/enums.h"

namespace esclusa::api {
namespace {

http::SharedText json_of(const app::SharedDeployment& text) { return {text, &text->json}; }

std::string quoted(const std::string& tag) { return "\"" + tag + "\""; }

Result<core::DeploymentFilter> parse_filter(const Call& call) {
  core::DeploymentFilter filter{.sha = call.query_value("sha"),
                                .ref = call.query_value("ref"),
                                .task = call.query_value("task"),
                                .environment = call.query_value("environment"),
                                .creator = call.query_value("creator")};
  if (const std::string state = call.query_value("state"); !state.empty()) {
    filter.state = core::from_name<core::DeploymentState>(state);
    if (!filter.state) return wire::not_a_member<core::DeploymentState>(state);
  }
  if (const std::string created = call.query_value("created"); !created.empty()) {
    auto range = core::parse_time_range(created);
    if (!range) {
      return fail_request(created +
                          " is no date range such as 2026-11-01..2026-11-21 or "
                          ">=2026-11-21T08:00:00Z.");
    }
    filter.created = *range;
  }
  return filter;
}

Result<http::Response> list_deployments(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const core::DeploymentFilter filter = TRY(parse_filter(call));
  const auto listing = TRY(app::list_deployment_texts(db, call.access(), filter, page, call.urls));
  static const auto open = std::make_shared<const std::string>("["),
                    comma = std::make_shared<const std::string>(","),
                    close = std::make_shared<const std::string>("]");
  http::Response response = json_response(200, {});
  response.parts.reserve(2 * listing.items.size() + 1);
  std::string tags;
  for (const app::SharedDeployment& text : listing.items) {
    response.parts.push_back(response.parts.empty() ? open : comma);
    response.parts.push_back(json_of(text));
    tags += text->tag;
  }
  if (response.parts.empty()) response.parts.push_back(open);
  response.parts.push_back(close);
  response.headers.add("ETag", quoted(hex(sha256(tags))));
  return with_link(std::move(response), call, page, listing.total_count);
}

Result<http::Response> create_deployment(const Call& call) {
  core::NewDeployment input = TRY(wire::parse_new_deployment(call.request.body));
  input.expected_live = TRY(parse_expected_live(call.request));
  const auto key = TRY(parse_idempotency_key(call.request));
  const auto outcome = TRY(app::create_deployment(call.context, call.access(), input, key));
  if (const auto* merged = std::get_if<app::AutoMerged>(&outcome)) {
    JsonWriter json;
    wire::write_auto_merged(json, merged->message);
    return json_response(202, std::move(json));
  }
  return created_response(call, std::get<core::Deployment>(outcome));
}

Result<http::Response> get_deployment(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  const auto text = TRY(app::get_deployment_text(db, call.access(), id, call.urls));
  http::Response response = json_response(200, {});
  response.parts = {json_of(text)};
  response.headers.add("Last-Modified", format_http_date(text->updated_at));
  add_repeats(response, text->repeats);
  response.headers.add("ETag", quoted(text->tag));
  return response;
}

Result<http::Response> delete_deployment(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("deployment_id"));
  TRY(app::delete_deployment(call.context, call.access(), id));
  return no_content();
}

constexpr bool is_kept = true;

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/deployments", &operations::list_deployments, reads_deployments, Lane::rows,
     "deployments/deployments#list-deployments", list_deployments, is_kept},
    {"POST", REPOSITORY "/deployments", &operations::create_deployment, "", Lane::git,
     "deployments/deployments#create-a-deployment", create_deployment},
    {"GET", DEPLOYMENT, &operations::get_deployment, reads_deployments, Lane::loop,
     "deployments/deployments#get-a-deployment", get_deployment, is_kept},
    {"DELETE", DEPLOYMENT, &operations::delete_deployment, "", Lane::commit,
     "deployments/deployments#delete-a-deployment", delete_deployment},
};
// clang-format on

}  // namespace

std::span<const Route> deployments_routes() { return table; }

}  // namespace esclusa::api
