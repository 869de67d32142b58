#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/deployment_kind.h"
#include "core/event.h"
#include "core/event_delivery.h"
#include "core/hook.h"
#include "sql/connection.h"

namespace esclusa::store {

/// The deliveries of a hook in an environment: they are made in the order of their ids. In the
/// environment 0 are those without an order.
struct DeliveryLane {
  HookId hook;
  int64_t environment = 0;

  auto operator<=>(const DeliveryLane&) const = default;
  bool has_order() const { return environment != 0; }
};

/// A delivery that may be attempted now, with everything that sending it needs.
struct DueDelivery {
  DeliveryId id;
  DeliveryLane lane;
  int attempt_count = 0;
  std::optional<RedeliveryId> redelivery;  ///< set if somebody requested this attempt
  bool is_probe = false;                   ///< not scheduled: checks whether the hook works again
  core::Hook hook;
  core::Event event;
  std::optional<InstallationId> installation_id;  ///< by which the hook of an app hears of it
  std::optional<std::string> body;                ///< nothing if it was pruned
  std::optional<core::Repeats> repeats;           ///< what its deployment does, if that is there
  std::optional<DeploymentId> superseded_by;      ///< for a `deployment`: a newer live deployment
  bool skipped_before = false;                    ///< for that; then requested again
};

/// Those that have all the sends that they may have: their deliveries are not listed.
struct BusySenders {
  std::vector<HookId> hooks = {};
  std::vector<RepositoryId> repositories = {};  ///< of the events; 0: those without a repository
};

/// The delivery of a lane with an order that may be sent now: its oldest pending one, if it is due,
/// so that retries keep the order.
std::optional<DueDelivery> find_due_in(sql::Reader& db, const Sealer& sealer, Timestamp now,
                                       const DeliveryLane& lane);
/// The deliveries of a hook without an order that may be sent now, the longest overdue first.
struct UnorderedQuery {
  HookId hook = {};
  size_t limit = 1;
  std::vector<DeliveryId> except = {};
  std::vector<RepositoryId> busy_repositories = {};  ///< as in `BusySenders`
};
std::vector<DueDelivery> list_unordered(sql::Reader& db, const Sealer& sealer, Timestamp now,
                                        const UnorderedQuery& query);
/// The lanes after that one that have pending or held deliveries, at most `limit`. It reads one row
/// of each, however many wait in it.
std::vector<DeliveryLane> list_lanes(sql::Reader& db, DeliveryLane after, size_t limit);

/// Where a delivery is.
struct PlacedDelivery {
  DeliveryId id;
  DeliveryLane lane;
};
/// The deliveries after that one, in the order of their ids.
std::vector<PlacedDelivery> list_deliveries_after(sql::Reader& db, DeliveryId after, size_t limit);
std::optional<DeliveryId> newest_delivery(sql::Reader& db);
/// The lanes of the pending deliveries that came due after `after`, until `now`; one can be there
/// several times.
std::vector<DeliveryLane> list_came_due(sql::Reader& db, Timestamp after, Timestamp now,
                                        size_t limit);

/// Requested redeliveries, the oldest request first, one request per delivery. They need not keep
/// the order or wait for the schedule.
std::vector<DueDelivery> list_redeliveries(sql::Reader& db, const Sealer& sealer, size_t limit,
                                           const BusySenders& except = {});
/// The oldest pending or held delivery of each hook whose breaker is open and whose probe is due.
std::vector<DueDelivery> list_probes(sql::Reader& db, const Sealer& sealer, Timestamp now,
                                     size_t limit);
/// The time when the next pending delivery or probe is due after `now`.
std::optional<Timestamp> next_due(sql::Reader& db, Timestamp now);

/// Cancels the pending and held deliveries of the repository's `deployment` events, for every hook.
void cancel_deployment_events(sql::Writer& tx, RepositoryId repository);

/// Repairs the schedule if the clock was set back while no server ran: retries and probes planned
/// after `now` are due now. Otherwise they would wait until the clock reaches the old time again.
/// Returns by how much the clock was set back; nullopt if it was not.
std::optional<std::chrono::microseconds> follow_clock(sql::Writer& tx, Timestamp now);

/// One attempt and its response.
struct DeliveryAttempt {
  Timestamp attempted_at{};
  std::chrono::microseconds duration{0};
  int status_code = 0;
  std::string url;
  std::string status;            ///< as on GitHub: `OK`, `timed out`, `Invalid HTTP Response: 403`
  std::string request_headers;   ///< JSON object
  std::string response_headers;  ///< JSON object
  std::string response_body;
  int64_t codec = 0;  ///< of the three texts, as `store/attempt_texts.h` says; 0: plain
};

/// The attempt with its texts in the smaller form. Not in a transaction: it takes a few
/// microseconds.
DeliveryAttempt pack(const DueDelivery& delivery, DeliveryAttempt attempt);

/// The consequence of an attempt.
struct AttemptOutcome {
  bool delivered = false;
  bool refused = false;                      ///< for good: it is dead, also after a probe
  std::optional<Timestamp> next_attempt_at;  ///< if neither; nullopt: no retry is left
};

/// The status codes of the delivery's latest attempts, newest first, without redeliveries and
/// without attempts before its last replay.
std::vector<int> latest_status_codes(sql::Reader& db, DeliveryId id, int count);

/// Stores the attempt, and its response as the hook's `last_response`. A successful redelivery or
/// probe ends the delivery; so does a probe that is refused for good. Any other redelivery or probe
/// leaves the delivery and its schedule unchanged.
void record_attempt(sql::Writer& tx, const DueDelivery& delivery, const DeliveryAttempt& attempt,
                    const AttemptOutcome& outcome);
/// Stores as an attempt with status code 0 that nothing was sent, and why. The delivery ends in
/// that state: `skipped`, because it is superseded, or `dead`, because its body was pruned.
void record_unsent(sql::Writer& tx, const DueDelivery& delivery, const DeliveryAttempt& attempt,
                   core::DeliveryState state);

}  // namespace esclusa::store
