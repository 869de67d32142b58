#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

/// Hashing, randomness and sealing, by libsodium and OpenSSL. Any thread.
namespace esclusa {

/// Call this once before any other function of this header.
void init_crypto();

std::string random_bytes(size_t count);
/// `count` random characters of [0-9A-Za-z], uniformly distributed.
std::string random_base62(size_t count);
/// A random (version 4) UUID in lower case.
std::string random_uuid();

std::string hex(std::string_view bytes);
/// Standard alphabet with padding.
std::string base64(std::string_view bytes);
/// Nothing if the text is not base64 of the standard alphabet with padding.
std::optional<std::string> base64_decode(std::string_view text);
/// base64url without padding.
std::string base64url(std::string_view bytes);

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view message);
/// Lower-case hex of HMAC-SHA256 / HMAC-SHA1, as in `X-Hub-Signature-256` / `X-Hub-Signature`.
std::string hmac_sha256_hex(std::string_view key, std::string_view message);
std::string hmac_sha1_hex(std::string_view key, std::string_view message);
/// The time depends only on the lengths, not on the content.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Overwrites the text's memory, and empties it.
void wipe(std::string& text) noexcept;

/// A value that must not reach a log: it has no stream operator and no formatter. Its memory is
/// overwritten at its end, so that no later page, core file or reuse of the heap has it. That holds
/// for this object alone: copies that others make of what `reveal` shows, such as the body of an
/// answer, are theirs. Its pages are not locked: the keys, which last as long as the process, are
/// (see `Sealer`).
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) {
    value_.swap(value);
    wipe(value);
  }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept {
    value_.swap(other.value_);
    wipe(other.value_);  // a short text is in the object itself, and a swap leaves it there
  }
  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() { wipe(value_); }

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// Bytes that are kept as long as the process works: between guard pages, in memory that is locked,
/// as far as the system lets us, and that no core file has (MADV_DONTDUMP). Copies share them.
class LockedSecret {
 public:
  LockedSecret(const Secret& secret);
  std::string_view reveal() const { return {bytes_.get(), size_}; }

 private:
  std::shared_ptr<const char> bytes_;
  size_t size_;
};

/// One of the keys that seal what is stored: 32 bytes, and the number that texts sealed by it name.
struct SealingKey {
  static constexpr size_t bytes = 32;
  int number;  ///< from 1; a later key has a greater one
  LockedSecret key;

  /// `k1`
  std::string id() const { return "k" + std::to_string(number); }
};

/// Seals values for storage (XChaCha20-Poly1305) as `k1:TEXT`, where TEXT is base64url and `k1` is
/// the key that opens it. `context` binds a value to its place, so that sealed values cannot be
/// swapped between rows. Any thread.
///
/// It has one key, or several during a rotation: the last one seals, and each opens what it has
/// sealed. A text without a key's id is of before there were ids: the first key opens it.
class Sealer {
 public:
  static constexpr size_t key_bytes = SealingKey::bytes;
  /// With the key `k1` alone.
  explicit Sealer(Secret key);
  /// With keys of growing numbers, at least one.
  explicit Sealer(const std::vector<SealingKey>& keys);
  Sealer(const Sealer&) = delete;
  ~Sealer();

  std::string seal(std::string_view context, const Secret& plain) const;
  /// Nothing if `sealed` was sealed under another key or context, or was altered.
  std::optional<Secret> unseal(std::string_view context, std::string_view sealed) const;

  /// The id of the key that seals, `k2`.
  std::string key_id() const;
  /// Whether the text was sealed by the key that seals now.
  bool is_current(std::string_view sealed) const;
  /// From now on the key seals; those before it still open. A key that it has is no news.
  void add(const SealingKey& key);
  /// Forgets all keys but the one that seals.
  void forget_former();

 private:
  struct Keys;
  std::shared_ptr<const Keys> keys() const;

  mutable Mutex mutex_;
  std::shared_ptr<const Keys> keys_ GUARDED_BY(mutex_);
};

/// The two halves of a key pair (X25519) for which others seal without a key of their own.
struct BoxKeys {
  std::string public_key;  ///< 32 bytes
  Secret secret_key;       ///< 32 bytes
};
BoxKeys make_box_keys();
/// A sealed box of libsodium's (`crypto_box_seal`), which only the secret half opens; nothing if
/// that is no public key.
std::optional<std::string> seal_box(std::string_view public_key, const Secret& plain);
/// Nothing if the box was sealed for another key, or was altered.
std::optional<Secret> open_box(const BoxKeys& keys, std::string_view box);

}  // namespace esclusa
