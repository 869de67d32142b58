#pragma once
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"

/// JSON Web Tokens that are signed by RS256 (RSASSA-PKCS1-v1_5 with SHA-256), and the RSA keys for
/// them. No other algorithm is known here, so a token cannot choose one (docs/decisions/0035).
namespace esclusa {

/// A token as it was sent. Nothing in it is to be believed before `is_signed_by`.
struct Jwt {
  Json claims;  ///< an object
  std::string signed_text;
  std::string signature;
};

/// Whether the text has the three parts of a token, so that it cannot be any other credential.
bool has_jwt_shape(std::string_view text);
/// `invalid` if it is no token, or if its header names an algorithm other than RS256 or an
/// extension.
Result<Jwt> parse_jwt(std::string_view text);

/// The public half of a key pair.
struct RsaPublicKey {
  std::string pem;          ///< SubjectPublicKeyInfo
  std::string fingerprint;  ///< SHA-256 of the DER form, base64
};
/// `invalid` if it is no RSA key, shorter than 2048 bits, or too long to be used quickly.
Result<RsaPublicKey> read_rsa_public_key(std::string_view pem);
/// False also if the key is none.
bool is_signed_by(const Jwt& token, const std::string& public_key_pem);

struct RsaKeyPair {
  RsaPublicKey public_key;
  Secret private_key;  ///< PEM, PKCS #8
};
/// A new pair of 2048 bits.
RsaKeyPair new_rsa_key_pair();

}  // namespace esclusa
