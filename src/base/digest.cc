#include "base/digest.h"

#include <sodium.h>

#include "base/crypto.h"

namespace esclusa {

struct Sha256::State {
  crypto_hash_sha256_state hash;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->hash); }
Sha256::Sha256(const Sha256& other)
    : state_(std::make_unique<State>(*other.state_)), size_(other.size_) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->hash, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
  size_ += static_cast<int64_t>(bytes.size());
}

std::string Sha256::hex() const {
  crypto_hash_sha256_state copy = state_->hash;
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256_final(&copy, digest);
  return esclusa::hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace esclusa
