#pragma once
#include "core/deployment.h"
#include "core/deployment_status.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// How deep a payload may be. The shallowest parser in wide use stops at 32 levels by default
/// (Boost.JSON), and a page of the feed, our deepest envelope, adds five.
inline constexpr size_t payload_depth = 24;

/// The body of `POST …/deployments`. Unknown members are ignored, as GitHub does.
Result<core::NewDeployment> parse_new_deployment(std::string_view body);
/// The body of `POST …/deployments/{id}/statuses`.
Result<core::NewDeploymentStatus> parse_new_status(std::string_view body);

/// GitHub's `deployment`, in its member order.
void write_deployment(JsonWriter& json, const core::Deployment& deployment,
                      const core::Repository& repository, const Urls& urls);

/// In an answer an unset link is `""`; in an event an unset `log_url` is left out, as the
/// published webhook schema demands.
enum class StatusAudience { answer, event };
/// GitHub's `deployment-status`.
void write_status(JsonWriter& json, const core::DeploymentStatus& status,
                  const core::Repository& repository, const Urls& urls,
                  StatusAudience audience = StatusAudience::answer);

}  // namespace esclusa::wire
