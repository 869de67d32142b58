#include "agent/agent_log.h"
#include "agent/runner.h"

namespace esclusa::agent {

std::optional<Next> Runner::claim(const std::shared_ptr<Job>& job,
                                  const std::string& repository_path) {
  const DeploymentEvent& event = job->event;
  const auto asked_at = claims_.now();
  const auto made =
      job->server->api.claim(repository_path, event.id, claims_.times().claim, stop_.flag());
  if (made) {
    job->may_be_claimed = false;
    job->claim =
        claims_.keep(repository_path, event.id, made->fence, asked_at, job->server->target);
    return std::nullopt;
  }
  // The deployment was there a moment ago. If it is gone, `in_progress` will be refused.
  if (made.error().code == ErrorCode::not_found) return std::nullopt;
  if (made.error().code == ErrorCode::conflict) {
    return claim_again(job, repository_path, made.error());
  }
  job->may_be_claimed = true;
  log_event(log::Level::warning, "it cannot be claimed; this is tried again", event,
            message_of(made.error()));
  return Next::try_again;
}

std::optional<Next> Runner::claim_again(const std::shared_ptr<Job>& job,
                                        const std::string& repository_path, const Error& refusal) {
  const Judgement judgement = judge_refusal(refusal, job->event.id);
  if (judgement.verdict != Verdict::run) return drop(job, judgement);
  if (job->may_be_claimed && release_left_claim(*job, repository_path)) {
    return claim(job, repository_path);
  }
  log_event(log::Level::info, "not yet claimed; this is tried again", job->event, refusal.message);
  return Next::try_again;
}

bool Runner::release_left_claim(Job& job, const std::string& repository_path) {
  const auto live = job.server->api.get_claim(repository_path, job.event.id, stop_.flag());
  if (!live && live.error().code != ErrorCode::not_found) return false;
  job.may_be_claimed = false;
  if (!live || live->state != "claimed") return false;
  // The server refuses this if the claim is not this agent's. If another agent with the same token
  // prepares a run under it, that agent takes its run back.
  if (!job.server->api.release_claim(repository_path, job.event.id, live->fence, stop_.flag())) {
    return false;
  }
  log_event(log::Level::info, "the claim that was left was released", job.event,
            std::to_string(live->fence));
  return true;
}

void Runner::release(const Job& job, int64_t fence) {
  const auto path = client::repository_path(job.event.repository);
  if (!path || fence == 0) return;
  static const std::atomic<bool> goes_on = false;  // also while the agent stops
  const auto released = job.server->api.release_claim(*path, job.event.id, fence, goes_on);
  if (!released) {
    log_event(log::Level::warning, "its claim stays until its end", job.event,
              message_of(released.error()));
  }
}

}  // namespace esclusa::agent
