#include "agent/judgement.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::agent {

bool is_final_state(std::string_view state) {
  constexpr std::array<std::string_view, 4> states = {"success", "failure", "error", "inactive"};
  return std::ranges::find(states, state) != states.end();
}

Result<Judgement> judge_deployment(const client::Api& api, const std::string& repository_path,
                                   const DeploymentEvent& event) {
  auto deployment = api.get_deployment(repository_path, event.id);
  if (!deployment) {
    if (deployment.error().code == ErrorCode::not_found) return Judgement{Verdict::gone};
    return std::unexpected(deployment.error());
  }
  if (!equal_ignoring_case(deployment->sha, event.sha)) return Judgement{Verdict::altered};
  const auto latest = TRY(api.latest_status(repository_path, event.id));
  if (latest && is_final_state(latest->state)) return Judgement{Verdict::finished, latest->state};

  // Newest first; those before ours in the list are the newer ones.
  for (const auto& other :
       TRY(api.list_deployments(repository_path, deployment->environment, limits::page_max))) {
    if (other.id <= event.id || other.task != deployment->task) continue;
    const auto status = TRY(api.latest_status(repository_path, other.id));
    if (status && (status->state == "success" || status->state == "in_progress")) {
      return Judgement{Verdict::superseded, "", other.id};
    }
  }
  return Judgement{Verdict::run};
}

}  // namespace esclusa::agent
