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
  DeliveryId delivery_id;  ///< shared by all attempts of the event's delivery to the hook
  std::string guid;
  Timestamp delivered_at{};
  bool redelivery = false;  ///< a user asked for it; false for a scheduled retry
  std::chrono::microseconds duration{0};
  std::string status;
  int status_code = 0;
  std::string event;
  std::string action;  ///< empty if the event has none
  std::optional<RepositoryId> repository_id;
  std::optional<InstallationId> installation_id;  ///< of the hook of an app
};

/// An attempt with its request and response. Headers and the payload are JSON text.
struct HookDeliveryRecord {
  HookDelivery delivery;
  std::string url;
  std::string request_headers;
  std::optional<std::string> request_payload;  ///< nothing if it was pruned
  std::string response_headers;
  std::string response_payload;
};

/// Selects attempts of a hook: newest first, starting with the id `from`, at most `size`.
struct HookDeliveryQuery {
  std::optional<DeliveryAttemptId> from;
  std::optional<bool> successful;  ///< a status code below 400
  int size = limits::page_default;
};

/// One page of the list, and the ids at which the neighbouring pages begin.
struct HookDeliveryPage {
  std::vector<HookDelivery> items;
  std::optional<DeliveryAttemptId> next;
  std::optional<DeliveryAttemptId> previous;
};

}  // namespace esclusa::core
