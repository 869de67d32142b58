#pragma once
#include "core/deployment.h"
#include "core/deployment_status.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The largest depth of a payload. The strictest common parser (Boost.JSON) allows 32 levels by
/// default, and a page of the feed, the deepest object around a payload, adds five.
inline constexpr size_t payload_depth = 24;

/// The body of `POST …/deployments`. Unknown members are ignored, as on GitHub.
Result<core::NewDeployment> parse_new_deployment(std::string_view body);
/// The body of `POST …/deployments/{id}/statuses`.
Result<core::NewDeploymentStatus> parse_new_status(std::string_view body);

/// GitHub's `deployment`, in its member order.
void write_deployment(JsonWriter& json, const core::Deployment& deployment,
                      const core::Repository& repository, const Urls& urls);

/// An unset link is `""` in an answer. An event leaves out an unset `log_url`, because the
/// published webhook schema requires that.
enum class StatusAudience { answer, event };
/// GitHub's `deployment-status`.
void write_status(JsonWriter& json, const core::DeploymentStatus& status,
                  const core::Repository& repository, const Urls& urls,
                  StatusAudience audience = StatusAudience::answer);

}  // namespace esclusa::wire
