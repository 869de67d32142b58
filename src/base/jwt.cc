#include "base/jwt.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include "base/text.h"

namespace esclusa {
namespace {

constexpr int bits_min = 2048;
constexpr int bits_max = 8192;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

std::unexpected<Error> undecodable() {
  return fail(ErrorCode::invalid, "That is no JSON web token that is signed by RS256",
              "invalid_jwt");
}

/// base64url without padding, as JWTs demand.
std::optional<std::string> decode(std::string_view text) {
  std::string bytes(text.size(), '\0');
  size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

std::optional<Json> decode_object(std::string_view text) {
  const auto bytes = decode(text);
  if (!bytes) return std::nullopt;
  auto json = Json::parse(*bytes);
  if (!json || !json->is_object()) return std::nullopt;
  return *std::move(json);
}

/// Null if it is no key.
Key read_public_key(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) throw std::bad_alloc();
  return Key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
}

std::string content_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

RsaPublicKey describe(const Key& key) {
  const Bio pem(BIO_new(BIO_s_mem())), der(BIO_new(BIO_s_mem()));
  if (!pem || !der || PEM_write_bio_PUBKEY(pem.get(), key.get()) != 1 ||
      i2d_PUBKEY_bio(der.get(), key.get()) != 1) {
    throw std::bad_alloc();  // the only possible cause
  }
  return {content_of(pem), base64(sha256(content_of(der)))};
}

/// With an exponent of 1 anybody can sign, and small ones have been unsafe with other paddings.
bool has_safe_exponent(const Key& key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &number) != 1) return false;
  const std::unique_ptr<BIGNUM, Free<BN_free>> exponent(number);
  return BN_is_odd(number) == 1 && BN_num_bits(number) <= 64 && BN_get_word(number) >= 65537;
}

}  // namespace

bool has_jwt_shape(std::string_view text) { return std::ranges::count(text, '.') == 2; }

Result<Jwt> parse_jwt(std::string_view text) {
  if (!has_jwt_shape(text)) return undecodable();
  const auto parts = split(text, '.');
  const auto header = decode_object(parts[0]);
  if (!header || header->string_at("alg") != "RS256" || header->find("crit")) {
    return undecodable();
  }
  auto claims = decode_object(parts[1]);
  auto signature = decode(parts[2]);
  if (!claims || !signature) return undecodable();
  return Jwt{*std::move(claims), std::string(text.substr(0, text.rfind('.'))),
             *std::move(signature)};
}

Result<RsaPublicKey> read_rsa_public_key(std::string_view pem) {
  const Key key = read_public_key(pem);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(ErrorCode::invalid, "That is no public RSA key in PEM (BEGIN PUBLIC KEY)",
                "invalid_public_key");
  }
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < bits_min || bits > bits_max) {
    return fail(ErrorCode::invalid,
                "The key has " + std::to_string(bits) + " bits; it must have " +
                    std::to_string(bits_min) + " to " + std::to_string(bits_max),
                "invalid_public_key");
  }
  if (!has_safe_exponent(key)) {
    return fail(ErrorCode::invalid,
                "The public exponent must be odd, at least 65537 and below 2^64",
                "invalid_public_key");
  }
  return describe(key);
}

bool is_signed_by(const Jwt& token, const std::string& public_key_pem) {
  const Key key = read_public_key(public_key_pem);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return false;
  const Digest digest(EVP_MD_CTX_new());
  if (!digest) throw std::bad_alloc();
  EVP_PKEY_CTX* padding = nullptr;  // belongs to `digest`
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  return EVP_DigestVerifyInit(digest.get(), &padding, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PADDING) == 1 &&
         EVP_DigestVerify(digest.get(), bytes(token.signature), token.signature.size(),
                          bytes(token.signed_text), token.signed_text.size()) == 1;
}

RsaKeyPair new_rsa_key_pair() {
  const Key key(EVP_RSA_gen(bits_min));
  const Bio pem(BIO_new(BIO_s_mem()));
  if (!key || !pem ||
      PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw std::bad_alloc();  // the only possible cause
  }
  return {describe(key), Secret(content_of(pem))};
}

}  // namespace esclusa
