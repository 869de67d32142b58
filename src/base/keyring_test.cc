#include "base/keyring.h"

#include <doctest/doctest.h>

#include <string>

using namespace esclusa;

namespace {

const std::string one(SealingKey::bytes, '1'), two(SealingKey::bytes, '2');

std::string ids(std::string_view content) {
  const auto keys = parse_keyring(content);
  if (!keys) return "none";
  std::string text;
  for (const SealingKey& key : *keys)
    text += key.id() + "=" + std::string(key.key.reveal().substr(0, 1)) + " ";
  return text;
}

}  // namespace

TEST_CASE("parse_keyring: 32 raw bytes are k1, lines name their keys") {
  init_crypto();
  CHECK(ids(one) == "k1=1 ");
  CHECK(ids("k7 " + base64(two) + "\n") == "k7=2 ");
  CHECK(ids("k7 " + base64(two)) == "k7=2 ");
  CHECK(ids("k1 " + base64(one) + "\r\nk2 " + base64(two) + "\r\n") == "k1=1 k2=2 ");
}

TEST_CASE("parse_keyring: nothing for what is no file of keys") {
  init_crypto();
  const std::string line = "k1 " + base64(one) + "\n";
  for (const std::string& content :
       {std::string(), std::string("\n"), one.substr(1), one + "\n", line + line,
        "k2 " + base64(two) + "\n" + line, "k0 " + base64(one), "k1" + base64(one),
        "1 " + base64(one), "k1 " + base64(one + "x"), "k1 " + base64(one.substr(1)), line + "\nx",
        "k01 " + base64(one), "k-1 " + base64(one), "k1 " + one}) {
    CAPTURE(content);
    CHECK(ids(content) == "none");
  }
}

TEST_CASE("format_keyring: what parse_keyring reads; the first key alone as raw bytes") {
  init_crypto();
  CHECK(format_keyring({{1, Secret(one)}}).reveal() == one);
  CHECK(ids(format_keyring({{2, Secret(two)}}).reveal()) == "k2=2 ");
  CHECK(ids(format_keyring({{1, Secret(one)}, {2, Secret(two)}}).reveal()) == "k1=1 k2=2 ");
}
