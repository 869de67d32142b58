#include "base/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <memory>
#include <new>

#include "base/check.h"

namespace esclusa {
namespace {

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view message) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  // OpenSSL takes a null key for the key of the previous call.
  const char* key_data = key.empty() ? "" : key.data();
  if (HMAC(digest, key_data, static_cast<int>(key.size()), bytes_of(message), message.size(),
           bytes_of(mac), &length) == nullptr) {
    throw std::bad_alloc();  // the only possible cause
  }
  mac.resize(length);
  return mac;
}

std::string base64_encode(std::string_view bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), variant);
  text.pop_back();
  return text;
}

std::optional<std::string> base64_decode(std::string_view text, int variant) {
  std::string bytes(text.size(), '\0');
  size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes_of(bytes), bytes.size(), text.data(), text.size(), nullptr, &length,
                        &end, variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(length);
  return bytes;
}

}  // namespace

void init_crypto() {
  if (sodium_init() < 0) bug("libsodium does not start");
}

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), count);
  return bytes;
}

std::string random_base62(size_t count) {
  static constexpr std::string_view digits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text(count, '0');
  for (char& c : text) c = digits[randombytes_uniform(digits.size())];
  return text;
}

std::string random_uuid() {
  std::string raw = random_bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string text = hex(raw);
  for (size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

std::string hex(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes_of(bytes), bytes.size());
  text.pop_back();
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  return base64_decode(text, sodium_base64_VARIANT_ORIGINAL);
}

std::string base64(std::string_view bytes) {
  return base64_encode(bytes, sodium_base64_VARIANT_ORIGINAL);
}

std::string base64url(std::string_view bytes) {
  return base64_encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::string sha256(std::string_view bytes) {
  // OpenSSL's is twice as fast as libsodium's, and every answer is hashed for its ETag.
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  // Looking the algorithm up costs more than hashing a short text.
  static EVP_MD* const algorithm = [] {
    EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (found == nullptr) throw std::bad_alloc();  // the only possible cause; tried again next time
    return found;
  }();
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  if (!context || EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), bytes_of(digest), nullptr) != 1) {
    throw std::bad_alloc();  // the only possible cause
  }
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(EVP_sha256(), key, message);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
  return hex(hmac_sha256(key, message));
}

std::string hmac_sha1_hex(std::string_view key, std::string_view message) {
  return hex(hmac(EVP_sha1(), key, message));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

static_assert(Sealer::key_bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

Sealer::Sealer(Secret key) : key_(std::move(key)) { ENSURE(key_.reveal().size() == key_bytes); }

std::string Sealer::seal(std::string_view context, const Secret& secret) const {
  std::string_view plain = secret.reveal();
  std::string sealed = random_bytes(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  const size_t nonce_bytes = sealed.size();
  sealed.resize(nonce_bytes + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes_of(sealed) + nonce_bytes, nullptr, bytes_of(plain), plain.size(), bytes_of(context),
      context.size(), nullptr, bytes_of(sealed), bytes_of(key_.reveal()));
  return base64url(sealed);
}

std::optional<Secret> Sealer::unseal(std::string_view context, std::string_view text) const {
  constexpr size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  auto sealed = base64_decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (!sealed || sealed->size() < nonce_bytes + tag_bytes) return std::nullopt;
  std::string plain(sealed->size() - nonce_bytes - tag_bytes, '\0');
  std::string_view cipher = std::string_view(*sealed).substr(nonce_bytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes_of(plain), nullptr, nullptr, bytes_of(cipher), cipher.size(), bytes_of(context),
          context.size(), bytes_of(std::string_view(*sealed)), bytes_of(key_.reveal())) != 0) {
    return std::nullopt;
  }
  return Secret(std::move(plain));
}

}  // namespace esclusa
