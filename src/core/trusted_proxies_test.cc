#include "core/trusted_proxies.h"

#include <doctest/doctest.h>

using esclusa::core::TrustedProxies;

TEST_CASE("TrustedProxies: nobody is believed by default") {
  const auto nobody = TrustedProxies::parse({});
  REQUIRE(nobody);
  CHECK(nobody->empty());
  for (const char* peer : {"127.0.0.1", "::1", "local", ""}) CHECK_FALSE(nobody->contains(peer));
}

TEST_CASE("TrustedProxies: addresses and ranges of both families") {
  const auto some = TrustedProxies::parse({"127.0.0.1", "10.1.0.0/16", "fd00::/8", "::1"});
  REQUIRE(some);
  CHECK_FALSE(some->empty());
  for (const char* peer : {"127.0.0.1", "10.1.255.255", "fd00::7", "::1", "::ffff:10.1.2.3"}) {
    CAPTURE(peer);
    CHECK(some->contains(peer));
  }
  for (const char* peer :
       {"127.0.0.2", "10.2.0.1", "fe80::1", "::2", "local", "unknown", "10.1.2.3:80"}) {
    CAPTURE(peer);
    CHECK_FALSE(some->contains(peer));
  }
}

TEST_CASE("TrustedProxies: peers of a unix socket only where `unix` is named") {
  CHECK(TrustedProxies::parse({"unix"})->contains("local"));
  CHECK_FALSE(TrustedProxies::parse({"127.0.0.0/8"})->contains("local"));
  CHECK_FALSE(TrustedProxies::parse({"unix"})->contains("127.0.0.1"));
}

TEST_CASE("TrustedProxies: what is no range, and what would believe everybody, is refused") {
  for (const char* entry :
       {"", "*", "localhost", "10.0.0.0/33", "10.0.0/8", "0.0.0.0/0", "::/0", "0.0.0.0/00",
        "0.0.0.0/-0", "::ffff:0.0.0.0/96", "Unix", "private_ranges"}) {
    CAPTURE(entry);
    const auto refused = TrustedProxies::parse({"127.0.0.1", entry});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.contains("\"" + std::string(entry) + "\""));
  }
}
