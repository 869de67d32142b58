#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/deployment.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The largest depth of a payload. The strictest common parser (Boost.JSON) allows 32 levels by
/// default, and a page of the feed, the deepest object around a payload, adds five.
inline constexpr size_t payload_depth = 24;

/// The body of `POST …/deployments`. Unknown members are ignored, as on GitHub.
Result<core::NewDeployment> parse_new_deployment(std::string_view body);
/// `{message}`: the default branch was merged, and no deployment was created.
void write_auto_merged(JsonWriter& json, const std::string& message);
/// `{size}`: the bytes of a deployment's log.
void write_log_size(JsonWriter& json, int64_t size_bytes);

/// GitHub's `deployment`, in its member order.
void write_deployment(JsonWriter& json, const core::Deployment& deployment,
                      const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
