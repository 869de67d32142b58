#pragma once
#include <string>

namespace esclusa::core {

/// The `Idempotency-Key` of a request, and the digest of the request's body: the same key with
/// another body is refused.
struct IdempotencyKey {
  std::string key;
  std::string body_digest;  ///< SHA-256 in hex
};

}  // namespace esclusa::core
