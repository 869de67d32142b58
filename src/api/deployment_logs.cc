#include <algorithm>
#include <utility>

#include "api/errors.h"
#include "api/long_response.h"
#include "api/route_tables.h"
#include "app/deployment_logs.h"
#include "base/limits.h"
#include "core/operations/server.h"
#include "http/byte_range.h"
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

/// The head of an answer with a log of so many bytes. The log only grows, so its size says whether
/// it has changed.
http::Response log_head(DeploymentId deployment, int64_t size) {
  return {
      200,
      {{"Content-Type", "text/plain; charset=utf-8"},
       {"Cache-Control", "no-cache"},
       {"Accept-Ranges", "bytes"},
       {"ETag", "\"log-" + std::to_string(deployment.value) + "-" + std::to_string(size) + "\""},
       {size_header, std::to_string(size)}}};
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
  const int64_t size = TRY(app::log_size(db, call.access(), deployment));
  http::Response response = log_head(deployment, size);
  http::ByteRange wanted{std::min(offset, size), size};
  const std::string etag(response.headers.find("ETag").value());
  const auto range = http::requested_range(call.request.headers, etag, size);
  if (range && offset == 0) {
    http::set_range(response, *range, size);
    wanted = *range;
  }
  constexpr int64_t part_bytes = limits::stream_buffer_bytes;
  int64_t read_to = std::min(wanted.begin + part_bytes, wanted.end);
  response.body = TRY(app::read_log(db, deployment, wanted.begin, read_to));
  // A longer log is read while the client takes it, so that slow clients hold no memory.
  auto next_part = [&context = call.context, deployment, read_to,
                    end = wanted.end]() mutable -> Result<std::optional<std::string>> {
    if (read_to == end) return std::nullopt;
    const int64_t begin = std::exchange(read_to, std::min(read_to + part_bytes, end));
    return TRY(context.database.read(
        [&](app::Reader& rows) { return app::read_log(rows, deployment, begin, read_to); }));
  };
  return long_response(call, *call.long_lists, std::move(response),
                       {.what = "long logs", .next_part = std::move(next_part)});
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA DEPLOYMENT "/log", &operations::get_deployment_log, reads_deployments,
     Lane::rows, "", get_deployment_log},
    {"PATCH", ESCLUSA DEPLOYMENT "/log", &operations::append_deployment_log, "", Lane::commit, "",
     append_deployment_log},
};
// clang-format on

}  // namespace

std::span<const Route> deployment_logs_routes() { return table; }

}  // namespace esclusa::api
