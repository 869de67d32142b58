#pragma once
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "base/crypto.h"
#include "base/jwt.h"

/// JWTs as apps sign them, and as attackers do.
namespace esclusa::test {

/// A key pair that all tests of a binary share: making one takes 0.1 s.
inline const RsaKeyPair& app_key() {
  static const RsaKeyPair pair = (init_crypto(), new_rsa_key_pair());
  return pair;
}
inline const RsaKeyPair& other_key() {
  static const RsaKeyPair pair = (init_crypto(), new_rsa_key_pair());
  return pair;
}

/// The signature by RSA with SHA-256, and that padding.
inline std::string rsa_signature(const RsaKeyPair& pair, const std::string& text,
                                 int padding = RSA_PKCS1_PADDING) {
  const std::string& pem = pair.private_key.reveal();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       &EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (EVP_DigestSignInit(digest.get(), &context, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) != 1) {
    throw std::runtime_error("the text cannot be signed");
  }
  std::string signature(size, '\0');
  EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                 text.size());
  return signature;
}

/// `header.claims`, not signed.
inline std::string unsigned_jwt(const std::string& header, const std::string& claims) {
  return base64url(header) + "." + base64url(claims);
}

inline std::string make_jwt(const std::string& claims, const RsaKeyPair& pair = app_key(),
                            const std::string& header = R"({"alg":"RS256","typ":"JWT"})") {
  const std::string text = unsigned_jwt(header, claims);
  return text + "." + base64url(rsa_signature(pair, text));
}

/// The claims of an app for the next minutes. `now` is in seconds.
inline std::string claims_for(const std::string& issuer, int64_t now, int64_t lifetime = 540) {
  return R"({"iss":)" + issuer + R"(,"iat":)" + std::to_string(now) + R"(,"exp":)" +
         std::to_string(now + lifetime) + "}";
}

/// A token that was forged from the public key alone, or by another algorithm.
struct ForgedJwt {
  std::string how;
  std::string text;
};
inline std::vector<ForgedJwt> forged_jwts(const std::string& claims) {
  const std::string& pem = app_key().public_key.pem;
  const auto hmac = [&](const std::string& header, const std::string& secret) {
    const std::string text = unsigned_jwt(header, claims);
    return text + "." + base64url(hmac_sha256(secret, text));
  };
  const std::string hs256 = R"({"alg":"HS256","typ":"JWT"})", rs256 = R"({"alg":"RS256"})";
  const std::string ps256 = unsigned_jwt(R"({"alg":"PS256"})", claims);
  const std::string pss_as_rs256 = unsigned_jwt(rs256, claims);
  const std::string none = unsigned_jwt(R"({"alg":"none"})", claims);
  const std::string good = make_jwt(claims);
  const std::string signature = good.substr(good.rfind('.'));
  return {
      {"HS256 over the public key", hmac(hs256, pem)},
      {"HS256 over the public key without its last line feed",
       hmac(hs256, pem.substr(0, pem.size() - 1))},
      {"HMAC as RS256", hmac(rs256, pem)},
      {"none", none + "."},
      {"none with a signature", none + signature},
      {"none in capitals", unsigned_jwt(R"({"alg":"NONE"})", claims) + "."},
      {"RS256 without a signature", unsigned_jwt(rs256, claims) + "."},
      {"PS256", ps256 + "." + base64url(rsa_signature(app_key(), ps256, RSA_PKCS1_PSS_PADDING))},
      {"PSS as RS256",
       pss_as_rs256 + "." +
           base64url(rsa_signature(app_key(), pss_as_rs256, RSA_PKCS1_PSS_PADDING))},
      {"RS256 in small letters", make_jwt(claims, app_key(), R"({"alg":"rs256"})")},
      {"a list of algorithms", make_jwt(claims, app_key(), R"({"alg":["RS256"]})")},
      {"no algorithm", make_jwt(claims, app_key(), R"({"typ":"JWT"})")},
      {"two algorithms", make_jwt(claims, app_key(), R"({"alg":"none","alg":"RS256"})")},
      {"an extension", make_jwt(claims, app_key(), R"({"alg":"RS256","crit":["b64"]})")},
      {"another key", make_jwt(claims, other_key())},
      {"a key of its own",
       make_jwt(claims, other_key(), R"({"alg":"RS256","jwk":{"kty":"RSA"},"jku":"http://x"})")},
      {"other claims", unsigned_jwt(rs256, claims.substr(0, claims.size() - 1) + " }") + signature},
      {"a padded signature", good + "="},
      {"a signature with a blank", good + " "},
      {"a cut signature", good.substr(0, good.size() - 4)},
      {"four parts", good + ".AAAA"},
      {"no claims", good.substr(0, good.find('.')) + "." + signature},
      {"claims that are no object", make_jwt("[1]")},
      {"claims that are no JSON", make_jwt("{")},
  };
}

}  // namespace esclusa::test
