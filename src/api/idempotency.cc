#include "api/idempotency.h"

#include <string>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/text.h"

namespace esclusa::api {

Result<std::optional<core::IdempotencyKey>> parse_idempotency_key(const http::Request& request,
                                                                  std::string_view place) {
  const auto key = request.headers.find("Idempotency-Key");
  if (!key) return std::nullopt;
  if (key->empty() || key->size() > limits::idempotency_key_bytes || !is_utf8(*key) ||
      has_control_characters(*key)) {
    return fail(ErrorCode::bad_request,
                "An Idempotency-Key is a line of text of at most " +
                    std::to_string(limits::idempotency_key_bytes) + " bytes.",
                "invalid_idempotency_key");
  }
  return core::IdempotencyKey{std::string(*key), hex(sha256(std::string(place) + request.body))};
}

}  // namespace esclusa::api
