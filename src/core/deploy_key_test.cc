#include "core/deploy_key.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/limits.h"
#include "support/public_keys.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

constexpr const char* github_text =
    "key is invalid. You must supply a key in OpenSSH public key format";

const std::string ada = test::public_key("ada");
const std::string blob = ada.substr(ada.find(' ') + 1);

std::string reason(const std::string& text) {
  CAPTURE(text);
  const auto refused = split_public_key(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().fields.at(0).resource == "PublicKey");
  CHECK(refused.error().fields.at(0).field == "key");
  CHECK(refused.error().fields.at(0).message == github_text);
  return refused.error().reason_code;
}

PublicKeyLine line_of(const std::string& type) { return {type, "AAAA", ""}; }

}  // namespace

TEST_CASE("split_public_key: type, key and comment, with any blanks and line feeds around them") {
  for (const std::string& text :
       {ada + " ada@shop two words", "  " + ada + "   ada@shop two words \n",
        "ssh-ed25519\t" + blob + "\tada@shop two words\r\n"}) {
    const auto line = split_public_key(text);
    REQUIRE(line);
    CHECK(line->type == "ssh-ed25519");
    CHECK(line->blob == blob);
    CHECK(line->comment == "ada@shop two words");
  }
  CHECK(split_public_key(ada)->comment == "");
}

TEST_CASE("split_public_key: every type that OpenSSH still makes, but no DSA and no certificate") {
  for (const char* type : {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                           "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
                           "sk-ecdsa-sha2-nistp256@openssh.com"}) {
    CAPTURE(type);
    CHECK(split_public_key(std::string(type) + " AAAA"));
  }
  CHECK(reason("ssh-dss AAAA") == "weak_key");
  for (const char* type :
       {"ssh-ed25519-cert-v01@openssh.com", "ssh-rsa-cert-v01@openssh.com", "rsa-sha2-256",
        "SSH-ED25519", "ssh-xmss@openssh.com", "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"}) {
    CHECK(reason(std::string(type) + " AAAA") == "invalid_key");
  }
}

TEST_CASE("split_public_key: nothing may stand before the key, and only one key is accepted") {
  const std::vector<std::string> texts = {"",
                                          " \n ",
                                          "ssh-ed25519",
                                          blob,
                                          "command=\"/bin/sh\" " + ada,
                                          "restrict " + ada,
                                          "# " + ada,
                                          "no-pty," + ada,
                                          "ssh-ed25519 %%%",
                                          "ssh-ed25519 AAA",
                                          "ssh-ed25519 =",
                                          "-----BEGIN OPENSSH PRIVATE KEY-----\n" + blob,
                                          "\xef\xbb\xbf" + ada};
  for (const std::string& text : texts) {
    CHECK(reason(text) == "invalid_key");
  }
  CHECK(reason(ada + "\n" + test::public_key("bob")) == "invalid_key");
  CHECK(reason(ada + " a\n" + test::public_key("bob")) == "invalid_key");
  CHECK(reason(ada + " a\rcommand=\"x\"") == "invalid_key");
}

TEST_CASE("split_public_key: a key that was wrapped within its base64 is joined") {
  for (const char* line_end : {"\n", "\r\n", "\n\n"}) {
    for (const size_t width : {1, 7, 64}) {
      std::string wrapped;
      for (size_t at = 0; at < blob.size(); at += width) {
        wrapped += (at == 0 ? "" : line_end) + blob.substr(at, width);
      }
      const auto line = split_public_key("ssh-ed25519 " + wrapped + " ada@shop\n");
      REQUIRE(line);
      CHECK(line->blob == blob);
      CHECK(line->comment == "ada@shop");
    }
  }
}

TEST_CASE("split_public_key: a key that `fold -s` wrapped, so that the base64 begins a line") {
  CHECK(split_public_key("ssh-ed25519 \n" + blob.substr(0, 40) + "\n" + blob.substr(40))->blob ==
        blob);
}

TEST_CASE("split_public_key: only base64 may continue after a line feed") {
  const std::string bob = test::public_key("bob");
  const std::string half = blob.substr(0, 20), other_half = blob.substr(20);
  const std::string lines[] = {"\n" + bob,
                               "\n " + bob,
                               "\n\t" + bob,
                               " \n" + bob,
                               "\ncommand=\"/bin/sh\" " + bob,
                               "\n# comment",
                               "\n ada@shop",
                               "\nada@shop",
                               "\n-----END-----",
                               "\x0b" + blob,
                               "\f",
                               std::string("\0AAAA", 5)};
  for (const std::string& line : lines) CHECK(reason(ada + line) == "invalid_key");
  CHECK(reason("ssh-ed25519 " + half + "\n " + other_half) == "invalid_key");
  CHECK(reason("ssh-ed25519 " + half + " \n" + other_half) == "invalid_key");
  CHECK(reason("ssh-ed25519\n" + blob) == "invalid_key");
  CHECK(reason("ssh-\ned25519 " + blob) == "invalid_key");
  CHECK(reason(ada + " \n" + test::public_key("bob") + " bob") == "invalid_key");
  CHECK(reason("ssh-ed25519 AAA=\nAAAA") == "invalid_key");
}

TEST_CASE("split_public_key: a very long text is refused before it is parsed") {
  CHECK(reason(ada + " " + std::string(limits::public_key_bytes, 'a')) == "too_long");
  CHECK(split_public_key(ada + " " + std::string(limits::public_key_bytes - ada.size() - 1, 'a')));
}

TEST_CASE("read_key_report: returns the fingerprint, and drops the comment") {
  const auto key =
      read_key_report({"ssh-ed25519", blob, "ada"}, "256 SHA256:TGIk2D1DFZ no comment (ED25519)\n");
  REQUIRE(key);
  CHECK(key->text == ada);
  CHECK(key->fingerprint == "SHA256:TGIk2D1DFZ");
}

TEST_CASE("read_key_report: RSA needs 2048 bits; other types have no such minimum") {
  CHECK(read_key_report(line_of("ssh-rsa"), "2048 SHA256:x no comment (RSA)\n"));
  CHECK(read_key_report(line_of("ecdsa-sha2-nistp256"), "256 SHA256:x no comment (ECDSA)\n"));
  const auto refused = read_key_report(line_of("ssh-rsa"), "2047 SHA256:x no comment (RSA)\n");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "weak_key");
  CHECK(refused.error().fields.at(0).message ==
        "key is too short. RSA keys must have at least 2048 bits");
}

TEST_CASE("read_key_report: output that does not report one key is an invalid key") {
  for (const char* report : {"", "\n", "256", "x SHA256:x", "256 MD5:aa", "0 SHA256:x",
                             "256 SHA256:x c (ED25519)\n256 SHA256:y c (ED25519)\n"}) {
    CAPTURE(report);
    const auto refused = read_key_report(line_of("ssh-ed25519"), report);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fields.at(0).message == github_text);
  }
}

TEST_CASE("title_of: the given title, else the comment, else the fingerprint") {
  const PublicKey key{ada, "SHA256:x"};
  auto title = [&](std::optional<std::string> given, const std::string& comment) {
    NewDeployKey input;
    input.title = std::move(given);
    return title_of(input, {"ssh-ed25519", blob, comment}, key);
  };
  CHECK(title("Größe", "ada") == "Größe");
  CHECK(title({}, "ada") == "ada");
  CHECK(title("", "ada") == "ada");
  CHECK(title({}, "") == "SHA256:x");
  CHECK(title({}, std::string(limits::key_title_chars + 1, 'a')) == "SHA256:x");
  CHECK(title({}, "a\x1b[2J") == "SHA256:x");
  CHECK(title(std::string(limits::key_title_chars, 'a'), ""));
  for (const std::string& bad :
       {std::string(limits::key_title_chars + 1, 'a'), std::string("a\nb")}) {
    const auto refused = title(bad, "ada");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == "invalid_title");
    CHECK(refused.error().fields.at(0).field == "title");
  }
}

TEST_CASE("is_enabled: until the key expires, and while the account that added it is not blocked") {
  DeployKey key;
  CHECK(is_enabled(key, from_micros(5)));
  key.expires_at = from_micros(10);
  CHECK(is_enabled(key, from_micros(9)));
  CHECK_FALSE(is_enabled(key, from_micros(10)));
  key.expires_at.reset();
  key.added_by.blocked_at = from_micros(1);
  CHECK_FALSE(is_enabled(key, from_micros(5)));
}

TEST_CASE("check_expiry: the expiry must lie in the future") {
  NewDeployKey input;
  CHECK(check_expiry(input, from_micros(5)));
  input.expires_at = from_micros(6);
  CHECK(check_expiry(input, from_micros(5)));
  const auto refused = check_expiry(input, from_micros(6));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "invalid_expiry");
}
