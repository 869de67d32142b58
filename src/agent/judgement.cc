#include "agent/judgement.h"

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/ref.h"

namespace esclusa::agent {

bool is_final_state(std::string_view state) {
  constexpr std::array<std::string_view, 4> states = {"success", "failure", "error", "inactive"};
  return std::ranges::find(states, state) != states.end();
}

Result<Judgement> judge_deployment(const client::Api& api, const std::string& repository_path,
                                   int64_t id) {
  auto found = api.get_deployment(repository_path, id);
  if (!found) {
    if (found.error().code == ErrorCode::not_found) return Judgement{Verdict::gone};
    return std::unexpected(found.error());
  }
  Judgement judgement{Verdict::run, *std::move(found)};
  client::Deployment& deployment = judgement.deployment;
  deployment.sha = ascii_lower(deployment.sha);
  // The current environment may come from a later status; the run is about the original one.
  if (deployment.original_environment.empty()) {
    deployment.original_environment = deployment.environment;
  }
  const auto latest = TRY(api.latest_status(repository_path, id));
  if (latest) judgement.state = latest->state;
  if (latest && is_final_state(latest->state)) {
    judgement.verdict = Verdict::finished;
    return judgement;
  }
  if (latest && latest->state == "waiting") {
    judgement.verdict = Verdict::held;
    return judgement;
  }
  // The list is newest first: the deployments before ours are newer.
  for (const auto& other : TRY(api.list_deployments(
           repository_path, deployment.original_environment, limits::page_max))) {
    if (other.id <= id || other.task != deployment.task) continue;
    const auto status = TRY(api.latest_status(repository_path, other.id));
    if (status && (status->state == "success" || status->state == "in_progress")) {
      judgement.verdict = Verdict::superseded;
      judgement.superseded_by = other.id;
      return judgement;
    }
  }
  return judgement;
}

Judgement judge_refusal(const Error& refusal, int64_t id) {
  Judgement judgement;
  const std::string& reason = refusal.reason_code;
  if (reason == "claim_started" || reason == "in_progress") judgement.verdict = Verdict::taken;
  if (reason == "waiting_for_protection") judgement.verdict = Verdict::held;
  if (reason == "deployment_ended") judgement.verdict = Verdict::finished;
  if (reason != "superseded") return judgement;
  judgement.verdict = Verdict::superseded;
  // The message names the newer deployment.
  std::string words = refusal.message;
  std::ranges::replace_if(words, [](char c) { return c < '0' || c > '9'; }, ' ');
  for (const std::string_view word : split(words, ' ')) {
    const auto number = parse_positive(word);
    if (number && *number > id) judgement.superseded_by = *number;
  }
  return judgement;
}

Result<void> check_runnable(const client::Deployment& deployment) {
  const std::initializer_list<std::pair<std::string_view, std::string_view>> texts = {
      {"ref", deployment.ref},
      {"task", deployment.task},
      {"environment", deployment.original_environment}};
  for (const auto& [name, text] : texts) {
    if (!has_control_characters(text)) continue;
    return fail(ErrorCode::invalid, "Not run: the " + std::string(name) +
                                        " of the deployment has control characters in it");
  }
  if (core::is_full_sha(deployment.sha)) return {};
  return fail(ErrorCode::invalid, "Not run: the sha of the deployment is not 40 hex digits");
}

}  // namespace esclusa::agent
