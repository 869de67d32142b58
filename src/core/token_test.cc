#include "core/token.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

struct Crypto {
  Crypto() { init_crypto(); }
} const crypto;

}  // namespace

TEST_CASE("new_token_text: 40 characters with the prefix, in the accepted shape, never twice") {
  const Secret one = new_token_text();
  const Secret two = new_token_text();
  CHECK(one.reveal().size() == 40);
  CHECK(one.reveal().starts_with("esc_"));
  CHECK(has_token_shape(one.reveal()));
  CHECK(has_token_shape(two.reveal()));
  CHECK(one.reveal() != two.reveal());
}

TEST_CASE("has_token_shape: every typing error in one character is refused") {
  const std::string token = new_token_text().reveal();
  for (size_t i = 0; i < token.size(); ++i) {
    CAPTURE(i);
    std::string typo = token;
    typo[i] = typo[i] == 'x' ? 'y' : 'x';
    CHECK_FALSE(has_token_shape(typo));
  }
}

TEST_CASE("has_token_shape: two swapped characters are refused") {
  const std::string token = new_token_text().reveal();
  for (size_t i = 0; i + 1 < token.size(); ++i) {
    CAPTURE(i);
    std::string typo = token;
    std::swap(typo[i], typo[i + 1]);
    CHECK(has_token_shape(typo) == (token[i] == token[i + 1]));
  }
}

TEST_CASE("has_token_shape: the checksum must not change, so that old tokens stay valid") {
  // CRC-32 of "esc_" and 30 zeros, in base62.
  const std::string body = "esc_" + std::string(30, '0');
  CHECK(has_token_shape(body + "1jHPS1"));
}

TEST_CASE("has_token_shape: other texts are refused") {
  const std::string token = new_token_text().reveal();
  for (std::string text :
       {std::string(), std::string("esc_"), token + "0", token.substr(1), " " + token.substr(1),
        "ghp_" + token.substr(4), "ESC_" + token.substr(4), token.substr(0, 39) + "\n",
        std::string("__proto__"), std::string(40, '\0')}) {
    CAPTURE(text);
    CHECK_FALSE(has_token_shape(text));
  }
}

TEST_CASE("token_digest: SHA-256 in hex") {
  CHECK(token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("is_usable: not expired, not revoked, and the account is not blocked") {
  const Timestamp now = from_micros(1'000'000);
  const Timestamp before = from_micros(999'999);
  const Timestamp after = from_micros(1'000'001);
  struct Row {
    const char* why;
    std::optional<Timestamp> expires_at, revoked_at, blocked_at;
    bool expected;
  };
  const Row rows[] = {
      {"nothing set", {}, {}, {}, true},           {"expires later", after, {}, {}, true},
      {"expires this moment", now, {}, {}, false}, {"expired", before, {}, {}, false},
      {"revoked", {}, before, {}, false},          {"revoked in the future", {}, after, {}, false},
      {"account blocked", {}, {}, before, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Token token;
    token.expires_at = row.expires_at;
    token.revoked_at = row.revoked_at;
    Account account;
    account.blocked_at = row.blocked_at;
    CHECK(is_usable(token, account, now) == row.expected);
  }
}

TEST_CASE("new_installation_token_text: the same form with another prefix, and no other") {
  const std::string token = new_installation_token_text().reveal();
  CHECK(token.size() == 40);
  CHECK(token.starts_with("ghs_"));
  CHECK(has_installation_token_shape(token));
  CHECK_FALSE(has_token_shape(token));
  CHECK_FALSE(has_installation_token_shape(new_token_text().reveal()));
  CHECK_FALSE(has_installation_token_shape("esc_" + token.substr(4)));
  std::string typo = token;
  typo.back() = typo.back() == 'x' ? 'y' : 'x';
  CHECK_FALSE(has_installation_token_shape(typo));
}

TEST_CASE("new_agent_token_text: the same form with another prefix, and no other") {
  const std::string token = new_agent_token_text().reveal();
  CHECK(token.size() == 41);
  CHECK(token.starts_with("esca_"));
  CHECK(has_agent_token_shape(token));
  CHECK_FALSE(has_token_shape(token));
  CHECK_FALSE(has_installation_token_shape(token));
  CHECK_FALSE(has_agent_token_shape(new_token_text().reveal()));
  std::string typo = token;
  typo.back() = typo.back() == 'x' ? 'y' : 'x';
  CHECK_FALSE(has_agent_token_shape(typo));
}
