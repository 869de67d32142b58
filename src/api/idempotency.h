#pragma once
#include <optional>
#include <string_view>

#include "base/error.h"
#include "core/idempotency_key.h"
#include "http/message.h"

namespace esclusa::api {

/// The request's `Idempotency-Key`, with what it was sent with; 400 `invalid_idempotency_key`.
/// `place` is a part of that where one key may be sent to several places of a repository.
Result<std::optional<core::IdempotencyKey>> parse_idempotency_key(const http::Request& request,
                                                                  std::string_view place = {});

}  // namespace esclusa::api
