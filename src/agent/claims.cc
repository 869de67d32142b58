#include "agent/claims.h"

#include <algorithm>
#include <utility>

#include "agent/agent_log.h"
#include "base/log.h"

namespace esclusa::agent {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds look_time{200};  ///< how often is looked for what is due

client::Target with_answer_time(client::Target server, milliseconds time) {
  server.answer_time = time;
  return server;
}

/// Whether the server has said that the claim is no longer this agent's. A token that is refused
/// has ended, and its claims with it; without a deployment there is no claim.
bool is_loss(const Error& error) {
  return error.code == ErrorCode::conflict || error.code == ErrorCode::not_found ||
         error.code == ErrorCode::unauthenticated;
}

}  // namespace

std::string HeldClaim::why() const {
  Lock lock(mutex_);
  return why_;
}

void HeldClaim::lose(const std::string& why, Ended ended) {
  if (ended == Ended::by_server) is_ended_by_server_ = true;
  {
    Lock lock(mutex_);
    if (is_lost_) return;
    why_ = why;
    is_lost_ = true;
  }
  log::warning("a claim was lost", {{"repository", repository_path_},
                                    {"deployment", deployment_},
                                    {"fence", fence_},
                                    {"detail", why}});
  ending_.request();
}

ClaimKeeper::ClaimKeeper(client::Target server, ClaimTimes times, BootClock clock)
    : server_(std::move(server)),
      times_(times),
      clock_(std::move(clock)),
      sender_("heartbeats", every(look_time, [this] { send_heartbeats(); })),
      watcher_("claim ends", every(look_time, [this] { watch(); })) {}

ClaimKeeper::~ClaimKeeper() { stop_.request(); }

std::shared_ptr<HeldClaim> ClaimKeeper::make(const std::optional<client::Target>& server,
                                             std::string repository_path, int64_t deployment,
                                             int64_t fence) {
  return std::make_shared<HeldClaim>(with_answer_time(server.value_or(server_), times_.answer),
                                     std::move(repository_path), deployment, fence);
}

std::shared_ptr<HeldClaim> ClaimKeeper::keep(std::string repository_path, int64_t deployment,
                                             int64_t fence, microseconds asked_at,
                                             const std::optional<client::Target>& server) {
  auto claim = make(server, std::move(repository_path), deployment, fence);
  {
    Lock lock(claim->mutex_);
    claim->end_ = asked_at + times_.claim;
    claim->next_heartbeat_ = asked_at + times_.heartbeat;
  }
  return add(std::move(claim));
}

std::shared_ptr<HeldClaim> ClaimKeeper::keep_again(std::string repository_path, int64_t deployment,
                                                   int64_t fence,
                                                   const std::optional<client::Target>& server) {
  auto claim = make(server, std::move(repository_path), deployment, fence);
  {
    // When it ends is not known, and nothing runs under it that would have to be stopped.
    Lock lock(claim->mutex_);
    claim->end_ = microseconds::max();
    claim->next_heartbeat_ = now();
  }
  return add(std::move(claim));
}

std::shared_ptr<HeldClaim> ClaimKeeper::add(std::shared_ptr<HeldClaim> claim) {
  Lock lock(mutex_);
  claims_.push_back(claim);
  return claim;
}

std::vector<std::shared_ptr<HeldClaim>> ClaimKeeper::held() const {
  std::vector<std::shared_ptr<HeldClaim>> found;
  Lock lock(mutex_);
  std::erase_if(claims_, [&](const auto& weak) {
    auto claim = weak.lock();
    if (!claim) return true;
    if (!claim->is_lost()) found.push_back(std::move(claim));
    return false;
  });
  return found;
}

void ClaimKeeper::watch() {
  for (const auto& claim : held()) {
    bool is_over = false;
    {
      Lock lock(claim->mutex_);
      is_over = claim->end_ != microseconds::max() && now() >= claim->end_ - times_.margin;
    }
    if (is_over)
      claim->lose("The server could not be told in time that the run goes on",
                  HeldClaim::Ended::unheard);
  }
}

void ClaimKeeper::send_heartbeats() {
  for (const auto& claim : held()) {
    if (stop_.requested()) return;
    {
      Lock lock(claim->mutex_);
      if (now() < claim->next_heartbeat_) continue;
    }
    heartbeat(*claim);
  }
}

void ClaimKeeper::heartbeat(HeldClaim& claim) {
  const microseconds asked_at = now();
  const auto kept =
      claim.api_.keep_claim(claim.repository_path_, claim.deployment_, claim.fence_, stop_.flag());
  if (stop_.requested()) return;
  if (!kept && is_loss(kept.error())) {
    claim.lose("The server ended the claim: " + message_of(kept.error()),
               HeldClaim::Ended::by_server);
    return;
  }
  Lock lock(claim.mutex_);
  if (kept && claim.end_ != microseconds::max()) claim.end_ = asked_at + times_.claim;
  // After a failure soon again: there is not much time.
  claim.next_heartbeat_ = asked_at + (kept ? times_.heartbeat : times_.heartbeat / 6);
}

}  // namespace esclusa::agent
