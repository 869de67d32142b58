#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/hook.h"
#include "sql/connection.h"

namespace esclusa::store {

/// A delivery that may be attempted now, with all that sending needs.
struct DueDelivery {
  DeliveryId id;
  int attempt_count = 0;
  std::optional<RedeliveryId> redelivery;  ///< if this attempt was asked for
  bool is_probe = false;                   ///< out of schedule, to see whether the hook is back
  core::Hook hook;
  core::Event event;
  std::string body;
  std::optional<DeploymentId> superseded_by;  ///< of a `deployment`: what is newer, and live
  bool skipped_before = false;                ///< for that; it was asked for again since
};

/// Pending deliveries whose time has come, at most `limit`, none of the hooks in `except`. Within a
/// hook and an environment only the oldest is due: the order holds through retries.
std::vector<DueDelivery> list_due(sql::Connection& db, const Sealer& sealer, Timestamp now,
                                  size_t limit, const std::vector<HookId>& except = {});
/// Deliveries that somebody asked to send again, the oldest request first; one request of each
/// delivery. They keep no order and wait for no schedule.
std::vector<DueDelivery> list_redeliveries(sql::Connection& db, const Sealer& sealer, size_t limit,
                                           const std::vector<HookId>& except = {});
/// The oldest waiting delivery of each hook whose breaker is open and whose probe is due.
std::vector<DueDelivery> list_probes(sql::Connection& db, const Sealer& sealer, Timestamp now,
                                     size_t limit, const std::vector<HookId>& except = {});
/// When the next pending delivery or probe comes due after `now`.
std::optional<Timestamp> next_due(sql::Connection& db, Timestamp now);

/// Cancels what waits of the repository's `deployment` events, for whatever hook.
void cancel_deployment_events(sql::Connection& tx, RepositoryId repository);

/// Where the clock was set back while no server ran: what the old one put off is due now, or it
/// would wait for that clock's time. Gives by how much it was set back; nothing if it was not.
std::optional<std::chrono::microseconds> follow_clock(sql::Connection& tx, Timestamp now);

/// One attempt and its answer.
struct DeliveryAttempt {
  Timestamp attempted_at{};
  std::chrono::microseconds duration{0};
  int status_code = 0;
  std::string url;
  std::string status;           ///< GitHub's words: `OK`, `timed out`, `Invalid HTTP Response: 403`
  std::string request_headers;  ///< JSON object
  std::string response_headers;  ///< JSON object
  std::string response_body;
};

/// What follows from an attempt.
struct AttemptOutcome {
  bool delivered = false;
  bool refused = false;                      ///< its body, for good: it is dead, also by a probe
  std::optional<Timestamp> next_attempt_at;  ///< if neither; nothing: the schedule is spent
};

/// The status codes of the delivery's latest attempts, newest first, without those that somebody
/// asked for and those from before it was last replayed.
std::vector<int> latest_status_codes(sql::Connection& db, DeliveryId id, int count);

/// Records the attempt, and shows its answer as the hook's `last_response`. A redelivery or a
/// probe ends the delivery if it succeeds, a probe also if it is refused for good; otherwise it
/// leaves the delivery and its schedule as they are.
void record_attempt(sql::Connection& tx, const DueDelivery& delivery,
                    const DeliveryAttempt& attempt, const AttemptOutcome& outcome);
/// Records, as an attempt that was none, that the delivery is not sent, since it is superseded.
void record_skip(sql::Connection& tx, const DueDelivery& delivery, const DeliveryAttempt& attempt);

}  // namespace esclusa::store
