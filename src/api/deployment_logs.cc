#include <algorithm>

#include "api/byte_range.h"
#include "api/errors.h"
#include "api/route_tables.h"
#include "app/deployment_logs.h"
#include "base/limits.h"
#include "core/operations/server.h"
#include "wire/deployment.h"

namespace esclusa::api {
namespace {

/// The size of the log in bytes. The name comes from the header of resumable uploads.
constexpr const char* size_header = "Upload-Offset";

Result<int64_t> parse_offset(const Call& call) {
  if (call.query_value("offset").empty()) return 0;
  if (auto offset = call.query_number("offset")) return *offset;
  return fail_request("`offset` is a number of bytes.");
}

http::Response text_response(std::string text, int64_t size) {
  return {200,
          {{"Content-Type", "text/plain; charset=utf-8"},
           {"Cache-Control", "no-cache"},  // the log may still grow
           {"Accept-Ranges", "bytes"},
           {size_header, std::to_string(size)}},
          std::move(text)};
}

Result<http::Response> append_deployment_log(const Call& call) {
  const auto deployment = TRY(call.id<DeploymentId>("deployment_id"));
  const int64_t offset = TRY(parse_offset(call));
  const auto extent =
      TRY(app::append_log(call.context, call.access(), deployment, offset, call.request.body));
  const std::string size = std::to_string(extent.size);
  http::Response response;
  if (extent.taken) {
    JsonWriter json;
    wire::write_log_size(json, extent.size);
    response = json_response(200, std::move(json));
  } else {
    response = error_response(
        {ErrorCode::conflict,
         "This does not continue the log, which has " + size + " bytes: send what follows them.",
         "log_offset",
         {},
         {}},
        "");
  }
  response.headers.add(size_header, size);
  return response;
}

Result<http::Response> get_deployment_log(const Call& call, app::Reader& db) {
  const auto deployment = TRY(call.id<DeploymentId>("deployment_id"));
  const int64_t offset = TRY(parse_offset(call));
  auto log =
      TRY(app::read_log(db, call.access(), deployment, offset, limits::deployment_log_bytes));
  if (auto field = call.request.headers.find("Range"); field && offset == 0) {
    if (const auto range = parse_byte_range(*field, log.size)) {
      return range_response(text_response(std::move(log.text), log.size), *range);
    }
  }
  return text_response(std::move(log.text), log.size);
}

constexpr std::string_view reads_deployments = "repo, repo_deployment";

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA DEPLOYMENT "/log", &operations::get_deployment_log, reads_deployments,
     Waits::yes, "", get_deployment_log},
    {"PATCH", ESCLUSA DEPLOYMENT "/log", &operations::append_deployment_log, "", Waits::yes, "",
     append_deployment_log},
};
// clang-format on

}  // namespace

std::span<const Route> deployment_logs_routes() { return table; }

}  // namespace esclusa::api
