#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

/// A value that must not reach a log: it has no stream operator and no formatter.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// Seals values for storage under one 32-byte key (XChaCha20-Poly1305). `context` binds a value to
/// its place, so that sealed values cannot be swapped between rows.
class Sealer {
 public:
  static constexpr size_t key_bytes = 32;
  explicit Sealer(Secret key);
  /// Returns base64url text.
  std::string seal(std::string_view context, const Secret& plain) const;
  /// Nothing if `sealed` was sealed under another key or context, or was altered.
  std::optional<Secret> unseal(std::string_view context, std::string_view sealed) const;

 private:
  Secret key_;
};

}  // namespace esclusa
