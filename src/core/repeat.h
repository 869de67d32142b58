#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/deployment.h"

/// Repetitions of a deployment: the requests, and what is judged of them before the create use case
/// judges the rest. Pure. docs/decisions/0045-rollback.md.
namespace esclusa::core {

/// What the requests have in common.
struct NewRepeat {
  std::optional<std::string> reason = {};  ///< the new deployment's description
  std::optional<std::string> expected_sha = {};
  std::optional<ExpectedLive> expected_live = {};
};

/// Go back in an environment to what was live there.
struct NewRollback : NewRepeat {
  std::string task = "deploy";
  std::optional<DeploymentId> to = {};  ///< nothing: the live before
};

/// Bring what is live in the environment `from` to another one.
struct NewPromotion : NewRepeat {
  std::string from;
  std::string task = "deploy";
  /// As in a create; they are judged for the environment to which it is promoted.
  std::optional<std::vector<std::string>> required_contexts = {};
  bool transient_environment = false;
  std::optional<bool> production_environment = {};
};

/// Make the same deployment again.
struct NewRedeploy : NewRepeat {
  std::optional<std::vector<std::string>> required_contexts = {};
};

/// The create that repeats `origin` in that environment. Without a reason it has the description of
/// the origin.
NewDeployment repetition_of(const Deployment& origin, DeploymentKind kind,
                            const std::string& environment, const NewRepeat& request);

/// Refuses what cannot be the name of an environment, or a task.
Result<void> check_place(const std::string& environment, const std::string& task);

/// 422 `reason_missing` unless there is a reason.
Result<void> check_reason(const NewRollback& request);

/// What may be gone back to: a deployment of the environment and task that has succeeded there. 422
/// `never_live`.
Result<void> check_was_live(const Deployment& target, bool has_succeeded,
                            const EnvironmentName& environment, const std::string& task);

/// 409 `live_changed` unless this is live. `live` is the deployment that is, nothing if none is.
/// The error's field `expected_live` has as its message what is live: an id, or `none`.
Result<void> check_expected_live(const ExpectedLive& expected, std::optional<DeploymentId> live,
                                 const std::string& environment, const std::string& task);

/// `none` or an id, as a header and the command line give it; nothing for any other text.
std::optional<ExpectedLive> parse_expected_live(std::string_view text);
std::string to_text(std::optional<DeploymentId> live);

/// The refusals of a request for which nothing is there to repeat: 422 `nothing_to_roll_back_to`,
/// 422 `nothing_live`.
std::unexpected<Error> nothing_to_roll_back_to(const std::string& environment,
                                               const std::string& task);
std::unexpected<Error> nothing_live(const std::string& environment, const std::string& task);

}  // namespace esclusa::core
