#include "core/repeat.h"

namespace esclusa::core {
namespace {

/// `production (deploy)`.
std::string place_text(const std::string& environment, const std::string& task) {
  return environment + " (" + task + ")";
}

}  // namespace

NewDeployment repetition_of(const Deployment& origin, DeploymentKind kind,
                            const std::string& environment, const NewRepeat& request) {
  NewDeployment input;
  input.ref = origin.ref;
  input.task = origin.task;
  input.auto_merge = false;
  input.payload = origin.payload;
  input.environment = environment;
  input.description = request.reason ? request.reason : origin.description;
  input.expected_sha = request.expected_sha;
  input.expected_live = request.expected_live;
  input.origin = Origin{{kind, origin.id}, {origin.ref_kind, origin.ref_name, origin.sha}};
  // Another environment is of its own kind: there the flags are those of the request.
  if (kind != DeploymentKind::promotion) {
    input.transient_environment = origin.transient_environment;
    input.production_environment = origin.production_environment;
  }
  return input;
}

Result<void> check_place(const std::string& environment, const std::string& task) {
  NewDeployment there;
  there.ref = "HEAD";
  there.environment = environment;
  there.task = task;
  return check_new_deployment(there);
}

Result<void> check_reason(const NewRollback& request) {
  if (request.reason && request.reason->find_first_not_of(" \t\r\n") != std::string::npos) {
    return {};
  }
  return fail(ErrorCode::invalid, "A rollback needs a reason.", "reason_missing");
}

Result<void> check_was_live(const Deployment& target, bool has_succeeded,
                            const EnvironmentName& environment, const std::string& task) {
  if (has_succeeded && target.environment.id == environment.id && target.task == task) return {};
  return fail(ErrorCode::invalid,
              "Deployment " + std::to_string(target.id.value) + " was never live in " +
                  place_text(environment.name, task) + ".",
              "never_live");
}

std::string to_text(std::optional<DeploymentId> live) {
  return live ? std::to_string(live->value) : "none";
}

std::optional<ExpectedLive> parse_expected_live(std::string_view text) {
  if (text == "none") return ExpectedLive{};
  const auto id = parse_positive(text);
  if (!id) return std::nullopt;
  return ExpectedLive{DeploymentId{*id}};
}

Result<void> check_expected_live(const ExpectedLive& expected, std::optional<DeploymentId> live,
                                 const std::string& environment, const std::string& task) {
  if (expected.id == live) return {};
  return std::unexpected(
      Error{ErrorCode::conflict,
            "Conflict: " + (live ? "deployment " + to_text(live) : std::string("nothing")) +
                " is live in " + place_text(environment, task) + ", and not the expected " +
                to_text(expected.id) + ".",
            "live_changed",
            {{"Deployment", "expected_live", "custom", to_text(live)}},
            {}});
}

std::unexpected<Error> nothing_to_roll_back_to(const std::string& environment,
                                               const std::string& task) {
  return fail(ErrorCode::invalid,
              "Nothing else was live before in " + place_text(environment, task) +
                  ". Choose a deployment from the history and name it (`to`), or create one.",
              "nothing_to_roll_back_to");
}

std::unexpected<Error> nothing_live(const std::string& environment, const std::string& task) {
  return fail(ErrorCode::invalid, "Nothing is live in " + place_text(environment, task) + ".",
              "nothing_live");
}

}  // namespace esclusa::core
