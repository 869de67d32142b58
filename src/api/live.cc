#include "app/live.h"

#include "api/pagination.h"
#include "api/route_tables.h"
#include "base/text.h"
#include "core/operations/deployments.h"
#include "core/operations/server.h"
#include "wire/live.h"

namespace esclusa::api {
namespace {

/// `ENVIRONMENT_ID.TASK`, as `Link` gives it.
std::string to_cursor(const core::LivePosition& position) {
  return percent_encode(std::to_string(position.environment_id) + "." + position.task);
}

Result<core::LivePosition> parse_position(const Call& call) {
  const std::string text = call.query_value("cursor");
  if (text.empty()) return core::LivePosition{};
  const size_t dot = text.find('.');
  const auto id = dot == std::string::npos ? std::nullopt : leading_number(text.substr(0, dot));
  if (!id) return fail_request("`cursor` is not one that this list gave.");
  return core::LivePosition{*id, text.substr(dot + 1)};
}

core::LiveFilter parse_filter(const Call& call) {
  return {.environment = call.query_value("environment"),
          .task = call.query_value("task"),
          .with_destroyed = call.query_value("destroyed") == "true"};
}

http::Response page_response(const Call& call, const app::LivePage& page) {
  JsonWriter json;
  wire::write_list(json, page.rows, [&](JsonWriter& to, const app::ShownLive& row) {
    wire::write_live(to, row.live, row.repository, call.urls);
  });
  return with_cursors(json_response(200, std::move(json)), call, {},
                      page.next ? std::optional(to_cursor(*page.next)) : std::nullopt);
}

Result<http::Response> list_live(const Call& call, app::Reader& db) {
  const auto after = TRY(parse_position(call));
  const int count = parse_page(call).size;
  return page_response(call, app::list_live(db, call.access(), parse_filter(call), after, count));
}

Result<http::Response> list_all_live(const Call& call, app::Reader& db) {
  const auto after = TRY(parse_position(call));
  const int count = parse_page(call).size;
  return page_response(call, app::list_all_live(db, call.actor, parse_filter(call), after, count));
}

Result<http::Response> repair_live(const Call& call) {
  JsonWriter json;
  json.begin_object().member("wrong", TRY(app::repair_live(call.context, call.actor))).end_object();
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA "/live", &operations::list_all_live, "", Lane::rows, "", list_all_live},
    {"GET", ESCLUSA REPOSITORY "/live", &operations::list_live, reads_deployments, Lane::rows, "",
     list_live},
    {"POST", ESCLUSA "/admin/live/repairs", &operations::admin_repair_live, "", Lane::commit, "",
     repair_live},
};
// clang-format on

}  // namespace

std::span<const Route> live_routes() { return table; }

}  // namespace esclusa::api
