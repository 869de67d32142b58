#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"
#include "core/enum_names.h"
#include "core/time_range.h"

namespace esclusa::core {

/// The state of an event's delivery to a hook.
enum class DeliveryState {
  pending,    ///< it will be attempted (again)
  held,       ///< it waits: the hook fails, is inactive, or its creator is blocked
  delivered,  ///< the receiver accepted it
  dead,       ///< the retry schedule is used up
  skipped,    ///< superseded, and `when_superseded` of the hook is `skip`
  cancelled,  ///< the hook was deleted
};

/// The delivery of an event to a hook, with all its attempts.
struct EventDelivery {
  /// The latest attempt. GitHub's API calls an attempt a delivery, and redelivers by its id.
  struct Attempt {
    DeliveryAttemptId id;
    std::string status;
    int status_code = 0;
  };
  DeliveryId id;
  std::string guid;
  std::string event;
  std::string action;      ///< empty if the event has none
  std::string repository;  ///< full name; empty if the event has no repository
  std::optional<DeploymentId> deployment_id;
  DeliveryState state = DeliveryState::pending;
  int attempt_count = 0;  ///< scheduled attempts since it last became pending
  Timestamp next_attempt_at{};
  std::optional<Attempt> latest_attempt;
  Timestamp created_at{};
};

/// Selects deliveries of one hook: newest first, starting with the id `from`, at most `size`.
struct EventDeliveryQuery {
  std::optional<DeliveryId> from = {};
  std::optional<DeliveryState> state = {};
  int size = limits::page_default;
};

/// One page of the list, and the ids at which the neighbouring pages begin.
struct EventDeliveryPage {
  std::vector<EventDelivery> items;
  std::optional<DeliveryId> next;
  std::optional<DeliveryId> previous;
};

/// Selects deliveries to restart: in one of the states, and with the event's time in the range.
struct Replay {
  std::vector<DeliveryState> states = {DeliveryState::dead, DeliveryState::skipped};
  TimeRange created = {};
};

/// The number of restarted deliveries, and whether more are left than one transaction takes.
struct Replayed {
  int64_t count = 0;
  bool more = false;
  int64_t pruned = 0;  ///< left out, because the body is gone; counted up to the same limit
};

template <>
struct enum_names<DeliveryState> {
  static constexpr NameTable<DeliveryState, 6> values{{{DeliveryState::pending, "pending"},
                                                       {DeliveryState::held, "held"},
                                                       {DeliveryState::delivered, "delivered"},
                                                       {DeliveryState::dead, "dead"},
                                                       {DeliveryState::skipped, "skipped"},
                                                       {DeliveryState::cancelled, "cancelled"}}};
};

}  // namespace esclusa::core
