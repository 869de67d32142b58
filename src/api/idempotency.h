#pragma once
#include <optional>
#include <string_view>

#include "base/error.h"
#include "core/idempotency_key.h"
#include "http/message.h"

namespace esclusa::api {

/// The request's `Idempotency-Key`, with a digest of `place` and the body; 400
/// `invalid_idempotency_key`. `place` tells apart the paths of a repository to which the same key
/// may be sent.
Result<std::optional<core::IdempotencyKey>> parse_idempotency_key(const http::Request& request,
                                                                  std::string_view place = {});

}  // namespace esclusa::api
