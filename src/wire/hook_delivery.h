#pragma once
#include "base/json_writer.h"
#include "core/hook_delivery.h"

namespace esclusa::wire {

/// GitHub's `hook-delivery-item`.
void write_hook_delivery(JsonWriter& json, const core::HookDelivery& delivery);
/// GitHub's `hook-delivery`: the same members, then the request and the response. Where the body
/// was pruned, the request's `payload` is null, and its `reason_code` is `body_pruned`.
void write_hook_delivery_record(JsonWriter& json, const core::HookDeliveryRecord& record);

}  // namespace esclusa::wire
