#include "base/jwt.h"

#include <doctest/doctest.h>

#include "support/app_jwt.h"

using namespace esclusa;
using test::app_key;
using test::make_jwt;

namespace {

bool is_accepted(const std::string& text) {
  const auto token = parse_jwt(text);
  return token && is_signed_by(*token, app_key().public_key.pem);
}

std::string public_pem(EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, &EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace

TEST_CASE("jwt: RS256 by the key is accepted, with its claims") {
  const std::string claims = R"({"iss":"7","iat":1,"exp":2})";
  const std::string text = make_jwt(claims);
  CHECK(has_jwt_shape(text));
  CHECK(is_accepted(text));
  const auto token = parse_jwt(text);
  REQUIRE(token);
  CHECK(token->claims.string_at("iss") == "7");
  CHECK(token->claims.integer_at("exp") == 2);
  CHECK(is_accepted(make_jwt(claims, app_key(), R"({"kid":"a","alg":"RS256"})")));
}

TEST_CASE("jwt: every forged token is refused") {
  for (const auto& forged : test::forged_jwts(R"({"iss":"7","iat":1,"exp":2})")) {
    CAPTURE(forged.how);
    CHECK_FALSE(is_accepted(forged.text));
  }
}

TEST_CASE("jwt: texts that are no token") {
  for (const char* text :
       {"", ".", "..", "...", "a.b.c", "e30.e30.", "\xff.\xff.\xff", "a b.c.d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_jwt(text).has_value());
  }
  CHECK_FALSE(has_jwt_shape("esc_0123"));
  CHECK_FALSE(has_jwt_shape("a.b"));
}

TEST_CASE("jwt: no signature is good for a text that is no public key") {
  const auto token = parse_jwt(make_jwt("{}"));
  REQUIRE(token);
  CHECK_FALSE(is_signed_by(*token, ""));
  CHECK_FALSE(is_signed_by(*token, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  CHECK_FALSE(is_signed_by(*token, app_key().private_key.reveal()));
  CHECK_FALSE(is_signed_by(*token, public_pem(EVP_EC_gen("P-256"))));
}

TEST_CASE("read_rsa_public_key: an RSA key of at least 2048 bits, in one form") {
  const RsaPublicKey& made = app_key().public_key;
  const auto read = read_rsa_public_key("a comment\n" + made.pem + "another one\n");
  REQUIRE(read);
  CHECK(read->pem == made.pem);
  CHECK(read->fingerprint == made.fingerprint);
  CHECK(base64_decode(made.fingerprint).value().size() == 32);
  CHECK(made.fingerprint != test::other_key().public_key.fingerprint);

  for (const std::string& pem : {std::string(), std::string("x"), app_key().private_key.reveal(),
                                 public_pem(EVP_RSA_gen(1024)), public_pem(EVP_EC_gen("P-256")),
                                 public_pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))}) {
    CAPTURE(pem);
    const auto refused = read_rsa_public_key(pem);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == "invalid_public_key");
  }
}
