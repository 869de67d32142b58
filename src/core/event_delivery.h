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

/// What became of an event on its way to a hook.
enum class DeliveryState {
  pending,    ///< it will be attempted (again)
  held,       ///< it waits for its hook, which fails, is inactive, or has a blocked creator
  delivered,  ///< the receiver took it
  dead,       ///< the schedule is spent
  skipped,    ///< superseded, and the hook did not want it
  cancelled,  ///< the hook was deleted
};

/// An event for a hook, with all its attempts in one.
struct EventDelivery {
  /// The latest attempt; GitHub's API calls it a delivery, and redelivers by its id.
  struct Attempt {
    DeliveryAttemptId id;
    std::string status;
    int status_code = 0;
  };
  DeliveryId id;
  std::string guid;
  std::string event;
  std::string action;      ///< empty where the event has none
  std::string repository;  ///< its full name; empty where the event concerns none
  std::optional<DeploymentId> deployment_id;
  DeliveryState state = DeliveryState::pending;
  int attempt_count = 0;  ///< by the schedule, since it was last made pending
  Timestamp next_attempt_at{};
  std::optional<Attempt> latest_attempt;
  Timestamp created_at{};
};

/// Which of a hook's: newest first, from an id on (which counts), at most `size`.
struct EventDeliveryQuery {
  std::optional<DeliveryId> from = {};
  std::optional<DeliveryState> state = {};
  int size = limits::page_default;
};

/// A part of the list, and where the neighbouring parts begin.
struct EventDeliveryPage {
  std::vector<EventDelivery> items;
  std::optional<DeliveryId> next;
  std::optional<DeliveryId> previous;
};

/// Which deliveries begin anew: those in one of the states whose event is of that time.
struct Replay {
  std::vector<DeliveryState> states = {DeliveryState::dead, DeliveryState::skipped};
  TimeRange created = {};
};

/// How many began anew, and whether there are more than one transaction takes.
struct Replayed {
  int64_t count = 0;
  bool more = false;
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
