#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/deployment_status.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The body of `POST …/deployments/{id}/statuses`.
Result<core::NewDeploymentStatus> parse_new_status(std::string_view body);

/// An unset link is `""` in an answer. An event leaves out an unset `log_url`, because the
/// published webhook schema requires that.
enum class StatusAudience { answer, event };
/// GitHub's `deployment-status`.
void write_status(JsonWriter& json, const core::DeploymentStatus& status,
                  const core::Repository& repository, const Urls& urls,
                  StatusAudience audience = StatusAudience::answer);

}  // namespace esclusa::wire
