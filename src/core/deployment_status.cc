#include "core/deployment_status.h"

#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {

Result<void> check_new_status(const NewDeploymentStatus& input) {
  if (utf8_length(input.description) > limits::status_description_chars) {
    return fail_validation({"DeploymentStatus", "description", "custom",
                            "Description is too long (maximum is 140 characters)"},
                           "too_long");
  }
  TRY(check_link(input.target_url, "DeploymentStatus", "target_url"));
  TRY(check_link(input.environment_url, "DeploymentStatus", "environment_url"));
  if (input.environment) TRY(check_environment_name(*input.environment));
  return {};
}

bool is_made_inactive_by(const Deployment& older, const Deployment& newer) {
  return older.id < newer.id && older.environment.id == newer.environment.id &&
         !older.transient_environment && !older.production_environment &&
         older.state == DeploymentState::success;
}

bool is_announced(DeploymentState state) { return state != DeploymentState::inactive; }

}  // namespace esclusa::core
