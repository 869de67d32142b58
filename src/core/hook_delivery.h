#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"

namespace esclusa::core {

/// One attempt to deliver an event to a hook: what GitHub's API calls a delivery.
struct HookDelivery {
  DeliveryAttemptId id;
  DeliveryId delivery_id;  ///< the event's delivery to the hook, which all its attempts share
  std::string guid;
  Timestamp delivered_at{};
  bool redelivery = false;  ///< somebody asked for it; a retry by the schedule is none
  std::chrono::microseconds duration{0};
  std::string status;
  int status_code = 0;
  std::string event;
  std::string action;  ///< empty where the event has none
  std::optional<RepositoryId> repository_id;
};

/// The same with what went out and came back. Headers and the payload are JSON text.
struct HookDeliveryRecord {
  HookDelivery delivery;
  std::string url;
  std::string request_headers;
  std::string request_payload;
  std::string response_headers;
  std::string response_payload;
};

/// Which deliveries of a hook: newest first, from an id on (which counts), at most `size`.
struct HookDeliveryQuery {
  std::optional<DeliveryAttemptId> from;
  std::optional<bool> successful;  ///< a status code below 400
  int size = limits::page_default;
};

/// A part of the list, and where the neighbouring parts begin.
struct HookDeliveryPage {
  std::vector<HookDelivery> items;
  std::optional<DeliveryAttemptId> next;
  std::optional<DeliveryAttemptId> previous;
};

}  // namespace esclusa::core
