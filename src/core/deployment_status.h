#pragma once
#include <memory>
#include <optional>
#include <string>

#include "core/deployment.h"

namespace esclusa::core {

/// One report about a deployment.
struct DeploymentStatus {
  DeploymentStatusId id;
  DeploymentId deployment_id;
  RepositoryId repository_id;
  DeploymentState state = DeploymentState::pending;
  std::string description;
  EnvironmentName environment;
  std::string target_url;
  std::string environment_url;
  Account creator;
  std::shared_ptr<const App> app = nullptr;  ///< by which the creator acted; null: by none
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// The body of `POST …/deployments/{id}/statuses`, with GitHub's defaults.
struct NewDeploymentStatus {
  DeploymentState state = DeploymentState::pending;
  std::string target_url;  ///< `log_url` is the newer name of the same value
  std::string description;
  std::optional<std::string> environment;  ///< nothing: the deployment's present environment
  std::string environment_url;
  bool auto_inactive = true;
};

/// Checks lengths and links.
Result<void> check_new_status(const NewDeploymentStatus& input);

/// Whether a `success` of `newer` makes `older` inactive, by GitHub's documented rule: `older` has
/// the same environment, is neither transient nor production, and its latest state is `success`.
bool is_made_inactive_by(const Deployment& older, const Deployment& newer);

/// Whether webhooks receive a status of that state. `inactive` is recorded as an event but sent to
/// nobody, as on GitHub (github/docs#3736).
bool is_announced(DeploymentState state);

}  // namespace esclusa::core
