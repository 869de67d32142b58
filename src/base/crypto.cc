#include "base/crypto.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>

#include "base/check.h"

namespace esclusa {
namespace {

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// An algorithm of OpenSSL's that was looked up. A lack of memory is the only possible cause if it
/// was not found; then a static variable stays without a value, and is tried again next time.
template <class Algorithm>
Algorithm* or_no_memory(Algorithm* found) {
  if (found == nullptr) throw std::bad_alloc();
  return found;
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

/// HMAC with one digest; serves one key after the other. Looking the algorithms up costs more than
/// a short message.
class Hmac {
 public:
  explicit Hmac(std::string digest) {
    static EVP_MAC* const algorithm = or_no_memory(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    context_.reset(EVP_MAC_CTX_new(algorithm));
    const OSSL_PARAM settings[] = {
        OSSL_PARAM_construct_utf8_string("digest", digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    if (!context_ || EVP_MAC_CTX_set_params(context_.get(), settings) != 1) throw std::bad_alloc();
  }

  std::string operator()(std::string_view key, std::string_view message) const {
    std::string mac(EVP_MAX_MD_SIZE, '\0');
    size_t length = 0;
    // OpenSSL takes a null key for the key of the previous call.
    const std::string_view some_key = key.empty() ? std::string_view("") : key;
    if (EVP_MAC_init(context_.get(), bytes_of(some_key), some_key.size(), nullptr) != 1 ||
        EVP_MAC_update(context_.get(), bytes_of(message), message.size()) != 1 ||
        EVP_MAC_final(context_.get(), bytes_of(mac), &length, mac.size()) != 1) {
      throw std::bad_alloc();  // the only possible cause
    }
    mac.resize(length);
    return mac;
  }

 private:
  std::unique_ptr<EVP_MAC_CTX, FreeMac> context_;
};

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
  // OpenSSL's takes a tenth of the time of libsodium's, which is made for secrets.
  std::string text((bytes.size() + 2) / 3 * 4, '\0');  // OpenSSL writes one more NUL
  EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
  return text;
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
  static EVP_MD* const algorithm = or_no_memory(EVP_MD_fetch(nullptr, "SHA256", nullptr));
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
  thread_local const Hmac hmac("SHA256");
  return hmac(key, message);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
  return hex(hmac_sha256(key, message));
}

std::string hmac_sha1_hex(std::string_view key, std::string_view message) {
  thread_local const Hmac hmac("SHA1");
  return hex(hmac(key, message));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& text) noexcept {
  // Bytes beyond the end, too: a text that was longer, or was moved to another string, left them.
  text.resize(text.capacity());
  sodium_memzero(text.data(), text.size());
  text.clear();
}

LockedSecret::LockedSecret(const Secret& secret) : size_(secret.reveal().size()) {
  init_crypto();  // libsodium frees wrongly what was allocated before it was initialised
  char* const bytes = static_cast<char*>(sodium_malloc(size_));
  if (bytes == nullptr) throw std::bad_alloc();
  std::ranges::copy(secret.reveal(), bytes);
  sodium_mprotect_readonly(bytes);
  bytes_ = std::shared_ptr<const char>(bytes, [](char* ended) { sodium_free(ended); });
}

static_assert(SealingKey::bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

namespace {

std::string seal_by(const SealingKey& key, std::string_view context, std::string_view plain) {
  std::string sealed = random_bytes(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  const size_t nonce_bytes = sealed.size();
  sealed.resize(nonce_bytes + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes_of(sealed) + nonce_bytes, nullptr, bytes_of(plain), plain.size(), bytes_of(context),
      context.size(), nullptr, bytes_of(sealed), bytes_of(key.key.reveal()));
  return base64url(sealed);
}

std::optional<Secret> open_by(const SealingKey& key, std::string_view context,
                              std::string_view text) {
  constexpr size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  auto sealed = base64_decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (!sealed || sealed->size() < nonce_bytes + tag_bytes) return std::nullopt;
  std::string plain(sealed->size() - nonce_bytes - tag_bytes, '\0');
  std::string_view cipher = std::string_view(*sealed).substr(nonce_bytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes_of(plain), nullptr, nullptr, bytes_of(cipher), cipher.size(), bytes_of(context),
          context.size(), bytes_of(std::string_view(*sealed)), bytes_of(key.key.reveal())) != 0) {
    return std::nullopt;
  }
  Secret opened{plain};
  wipe(plain);
  return opened;
}

/// A sealed text, and the number of the key that it names.
struct NamedText {
  int key_number;
  std::string_view text;
};

/// Nothing if the text names no key.
std::optional<NamedText> split_id(std::string_view sealed) {
  const size_t colon = sealed.find(':');
  if (colon == sealed.npos || !sealed.starts_with('k')) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(sealed.data() + 1, sealed.data() + colon, number);
  if (error != std::errc{} || end != sealed.data() + colon) return std::nullopt;
  return NamedText{number, sealed.substr(colon + 1)};
}

}  // namespace

/// Never changed; a change of the keys makes another one.
struct Sealer::Keys {
  std::vector<SealingKey> all;

  const SealingKey& current() const { return all.back(); }
  const SealingKey* find(int number) const {
    const auto found = std::ranges::find(all, number, &SealingKey::number);
    return found != all.end() ? &*found : nullptr;
  }
};

Sealer::Sealer(Secret key) : Sealer(std::vector{SealingKey{1, std::move(key)}}) {}

Sealer::Sealer(const std::vector<SealingKey>& given) {
  ENSURE(!given.empty());
  for (const SealingKey& key : given) add(key);
}

Sealer::~Sealer() = default;

std::shared_ptr<const Sealer::Keys> Sealer::keys() const {
  Lock lock(mutex_);
  return keys_;
}

std::string Sealer::seal(std::string_view context, const Secret& plain) const {
  const auto now = keys();
  const SealingKey& key = now->current();
  return key.id() + ":" + seal_by(key, context, plain.reveal());
}

std::optional<Secret> Sealer::unseal(std::string_view context, std::string_view sealed) const {
  const auto now = keys();
  const auto named = split_id(sealed);
  if (!named) return open_by(now->all.front(), context, sealed);
  const SealingKey* key = now->find(named->key_number);
  if (key == nullptr) return std::nullopt;
  return open_by(*key, context, named->text);
}

std::string Sealer::key_id() const { return keys()->current().id(); }

bool Sealer::is_current(std::string_view sealed) const {
  const auto named = split_id(sealed);
  return named && named->key_number == keys()->current().number;
}

void Sealer::add(const SealingKey& key) {
  ENSURE(key.key.reveal().size() == key_bytes && key.number > 0);
  Lock lock(mutex_);
  auto changed = std::make_shared<Keys>();
  if (keys_) changed->all = keys_->all;
  if (changed->find(key.number) != nullptr) return;
  ENSURE(changed->all.empty() || changed->current().number < key.number);
  changed->all.push_back(key);
  keys_ = std::move(changed);
}

void Sealer::forget_former() {
  Lock lock(mutex_);
  auto changed = std::make_shared<Keys>();
  changed->all.push_back(keys_->all.back());
  keys_ = std::move(changed);
}

BoxKeys make_box_keys() {
  std::string public_key(crypto_box_PUBLICKEYBYTES, '\0');
  std::string secret_key(crypto_box_SECRETKEYBYTES, '\0');
  crypto_box_keypair(bytes_of(public_key), bytes_of(secret_key));
  BoxKeys keys{std::move(public_key), Secret(secret_key)};
  wipe(secret_key);
  return keys;
}

std::optional<std::string> seal_box(std::string_view public_key, const Secret& plain) {
  if (public_key.size() != crypto_box_PUBLICKEYBYTES) return std::nullopt;
  const std::string& text = plain.reveal();
  std::string box(text.size() + crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal(bytes_of(box), bytes_of(std::string_view(text)), text.size(),
                      bytes_of(public_key)) != 0) {
    return std::nullopt;
  }
  return box;
}

std::optional<Secret> open_box(const BoxKeys& keys, std::string_view box) {
  if (box.size() < crypto_box_SEALBYTES || keys.public_key.size() != crypto_box_PUBLICKEYBYTES ||
      keys.secret_key.reveal().size() != crypto_box_SECRETKEYBYTES) {
    return std::nullopt;
  }
  std::string plain(box.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(bytes_of(plain), bytes_of(box), box.size(),
                           bytes_of(std::string_view(keys.public_key)),
                           bytes_of(std::string_view(keys.secret_key.reveal()))) != 0) {
    return std::nullopt;
  }
  Secret opened{plain};
  wipe(plain);
  return opened;
}

}  // namespace esclusa
