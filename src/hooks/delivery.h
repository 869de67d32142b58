#pragma once
#include "core/network_address.h"
#include "http/outbound.h"
#include "store/deliveries.h"

/// What goes over the wire for one delivery, and what is made of the answer. Pure.
namespace esclusa::hooks {

/// The request, signed at `now`: GitHub's headers, those of Standard Webhooks 1.0.0, and the frozen
/// body, wrapped for a form hook. `X-Esclusa-Event-Number` and `X-Esclusa-Superseded-By` are ours.
/// During a rotation GitHub's signatures are by the new secret, `webhook-signature` by both.
http::OutboundRequest make_request(const store::DueDelivery& delivery,
                                   const core::DestinationPolicy& destinations, Timestamp now);

/// Any 2xx is a success.
bool is_delivered(const http::OutboundResponse& response);

/// The attempt as it is recorded, with GitHub's status words; `signature` headers are left out.
store::DeliveryAttempt make_attempt(const http::OutboundRequest& request,
                                    const http::OutboundResponse& response, Timestamp at);

/// The attempt that was none, of what the hook does not want any more.
store::DeliveryAttempt make_skip(const store::DueDelivery& delivery, Timestamp at);

/// For how long the receiver wants to be left alone: `Retry-After`, seconds or a date, at most a
/// day. Nothing if it did not say, or nonsense.
std::optional<std::chrono::microseconds> retry_after(const http::OutboundResponse& response,
                                                     Timestamp now);

}  // namespace esclusa::hooks
