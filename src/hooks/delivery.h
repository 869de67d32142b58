#pragma once
#include "core/network_address.h"
#include "http/outbound.h"
#include "store/delivery_queue.h"

/// Builds the request of a delivery, and interprets its response. No I/O.
namespace esclusa::hooks {

/// The request, signed at `now`: GitHub's headers, the headers of Standard Webhooks 1.0.0, and the
/// frozen body, which is wrapped for a hook with form encoding. `X-Esclusa-Event-Number`,
/// `X-Esclusa-Kind`, `X-Esclusa-Origin` and `X-Esclusa-Superseded-By` are Esclusa's own. During a
/// secret rotation GitHub's signatures use the new secret, and `webhook-signature` has one for
/// each.
http::OutboundRequest make_request(const store::DueDelivery& delivery,
                                   const core::DestinationPolicy& destinations, Timestamp now);

/// Any 2xx is a success.
bool is_delivered(const http::OutboundResponse& response);

/// The attempt to store, with GitHub's status words, without the signature headers.
store::DeliveryAttempt make_attempt(const http::OutboundRequest& request,
                                    const http::OutboundResponse& response, Timestamp at);

/// The attempt to store where nothing is sent, because the delivery is superseded or its body was
/// pruned: status code 0.
store::DeliveryAttempt make_unsent(const store::DueDelivery& delivery, Timestamp at);

/// The pause that the receiver asks for by `Retry-After`, in seconds or as a date; at most a day.
/// nullopt if the header is missing or invalid.
std::optional<std::chrono::microseconds> retry_after(const http::OutboundResponse& response,
                                                     Timestamp now);

}  // namespace esclusa::hooks
