#pragma once
#include "core/network_address.h"
#include "http/outbound.h"
#include "store/deliveries.h"

/// What goes over the wire for one delivery, and what is made of the answer. Pure.
namespace esclusa::hooks {

/// The signed request: GitHub's headers, and the frozen body, wrapped for a form hook.
/// Sources: behaviour.md §10; `X-Esclusa-Event-Number` is ours.
http::OutboundRequest make_request(const store::DueDelivery& delivery,
                                   const core::DestinationPolicy& destinations);

/// Any 2xx is a success.
bool is_delivered(const http::OutboundResponse& response);

/// The attempt as it is recorded, with GitHub's status words; `signature` headers are left out.
store::DeliveryAttempt make_attempt(const http::OutboundRequest& request,
                                    const http::OutboundResponse& response, Timestamp at);

}  // namespace esclusa::hooks
