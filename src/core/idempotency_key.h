#pragma once
#include <string>

namespace esclusa::core {

/// `Idempotency-Key` of a request, and what it was sent with: the same key with another body is
/// refused.
struct IdempotencyKey {
  std::string key;
  std::string body_digest;  ///< SHA-256 in hex
};

}  // namespace esclusa::core
