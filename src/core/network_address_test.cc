#include "core/network_address.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

NetworkAddress address(const std::string& text) {
  CAPTURE(text);
  auto parsed = NetworkAddress::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

bool allows(const std::vector<std::string>& ranges, const std::string& text) {
  auto policy = DestinationPolicy::parse(ranges);
  REQUIRE(policy);
  return policy->allows(address(text));
}

bool is_range(std::string_view text) { return NetworkRange::parse(text).has_value(); }

bool contains(const char* range, const char* text) {
  auto parsed = NetworkRange::parse(range);
  REQUIRE(parsed);
  return parsed->contains(address(text));
}

TEST_CASE("DestinationPolicy: ::/0 opens no IPv4, and broad ranges open no cloud metadata") {
  const auto policy =
      DestinationPolicy::parse({"::/0", "100.64.0.0/10", "fc00::/7", "0.0.0.0/0"}).value();
  const auto only_ipv6 = DestinationPolicy::parse({"::/0"}).value();
  auto allows = [](const DestinationPolicy& judge, const char* text) {
    return judge.allows(NetworkAddress::parse(text).value());
  };
  CHECK_FALSE(allows(only_ipv6, "10.0.0.1"));
  CHECK(allows(only_ipv6, "fd00::1"));
  CHECK(allows(policy, "100.64.0.1"));
  CHECK_FALSE(allows(policy, "100.100.100.200"));
  CHECK_FALSE(allows(policy, "fd00:ec2::254"));
  CHECK(allows(DestinationPolicy::parse({"100.100.100.200/32"}).value(), "100.100.100.200"));
}

}  // namespace

TEST_CASE("NetworkAddress::parse: dotted IPv4 and plain IPv6") {
  CHECK(address("1.2.3.4").is_ipv4());
  CHECK(address("1.2.3.4").bytes == NetworkAddress::from_ipv4({1, 2, 3, 4}).bytes);
  CHECK_FALSE(address("::1").is_ipv4());
  CHECK_FALSE(address("::1.2.3.4").is_ipv4());
  CHECK(address("::ffff:1.2.3.4").bytes == address("1.2.3.4").bytes);
  CHECK(address("::FFFF:102:304").bytes == address("1.2.3.4").bytes);
}

TEST_CASE("NetworkAddress::parse: refuses other spellings of an address") {
  for (std::string text : {"",
                           "1",
                           "127.1",
                           "127.0.1",
                           "2130706433",
                           "0x7f000001",
                           "0x7f.0.0.1",
                           "0177.0.0.1",
                           "127.0.0.01",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.-4",
                           " 1.2.3.4",
                           "1.2.3.4 ",
                           "1.2.3.4.",
                           "[::1]",
                           "fe80::1%eth0",
                           "::1%1",
                           ":::1",
                           "1:2:3:4:5:6:7",
                           "::ffff:1.2.3",
                           "localhost",
                           "1.2.3.4/32",
                           "１.2.3.4"}) {
    CAPTURE(text);
    CHECK_FALSE(NetworkAddress::parse(text));
  }
  CHECK_FALSE(NetworkAddress::parse(std::string_view("1.2.3.4\0.example.org", 20)));
}

TEST_CASE("NetworkRange::parse: an address, with or without a prefix length that fits it") {
  for (auto text : {"10.0.0.0/8", "10.1.2.3/8", "0.0.0.0/0", "1.2.3.4", "1.2.3.4/32", "::/0", "::1",
                    "fd00::/8", "::1/128", "2001:db8::/33"}) {
    CAPTURE(text);
    CHECK(is_range(text));
  }
  for (auto text : {"",
                    "/8",
                    "10.0.0.0/",
                    "10.0.0.0/33",
                    "10.0.0.0/-1",
                    "10.0.0.0/+8",
                    "10.0.0.0/ 8",
                    "10.0.0.0/8 ",
                    "10.0.0.0/8/8",
                    "10.0.0.0/a",
                    "10.0.0.0/0x8",
                    "::/129",
                    "::/-1",
                    "10/8",
                    "10.0.0.0/255.0.0.0",
                    "10.0.0.0/2147483647",
                    "10.0.0.0/-2147483648",
                    "10.0.0.0/99999999999",
                    "example.org",
                    "*"}) {
    CAPTURE(text);
    CHECK_FALSE(is_range(text));
  }
}

TEST_CASE("NetworkRange::contains: compares exactly the bits of the prefix") {
  CHECK(contains("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(contains("10.9.9.9/8", "10.0.0.1"));
  CHECK(contains("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  CHECK(contains("1.2.3.4/31", "1.2.3.5"));
  CHECK_FALSE(contains("1.2.3.4/32", "1.2.3.5"));
  CHECK(contains("1.2.3.4", "1.2.3.4"));
  CHECK_FALSE(contains("1.2.3.4", "1.2.3.5"));
  CHECK(contains("0.0.0.0/0", "255.255.255.255"));
  CHECK_FALSE(contains("0.0.0.0/0", "2600::1"));
  CHECK(contains("fe80::/10", "febf::1"));
  CHECK_FALSE(contains("fe80::/10", "fec0::1"));
  CHECK(contains("::/0", "2600::1"));
}

TEST_CASE("NetworkRange::lies_within: only if the whole range lies within the other") {
  auto within = [](const char* inner, const char* outer) {
    return NetworkRange::parse(inner)->lies_within(*NetworkRange::parse(outer));
  };
  CHECK(within("127.0.0.1", "127.0.0.0/8"));
  CHECK(within("127.0.0.0/8", "127.0.0.0/8"));
  CHECK_FALSE(within("126.0.0.0/7", "127.0.0.0/8"));
  CHECK_FALSE(within("0.0.0.0/0", "127.0.0.0/8"));
  CHECK_FALSE(within("10.0.0.0/9", "127.0.0.0/8"));
  CHECK_FALSE(within("10.0.0.0/8", "::/0"));
}

TEST_CASE("DestinationPolicy: public addresses are allowed") {
  for (auto text : {"1.1.1.1",         "8.8.8.8",         "9.255.255.255",        "11.0.0.0",
                    "100.63.255.255",  "100.128.0.0",     "126.255.255.255",      "128.0.0.0",
                    "169.253.255.255", "169.255.0.0",     "172.15.255.255",       "172.32.0.0",
                    "192.0.1.0",       "192.167.255.255", "192.169.0.0",          "198.17.255.255",
                    "198.20.0.0",      "223.255.255.255", "168.63.129.15",        "168.63.129.17",
                    "2600::1",         "2a00:1450::1",    "2001:4860:4860::8888", "2001:200::1",
                    "::ffff:8.8.8.8",  "64:ff9b::808:808"}) {
    CAPTURE(text);
    CHECK(allows({}, text));
  }
}

TEST_CASE("DestinationPolicy: both ends of every special range are refused") {
  for (auto text : {"0.0.0.0",
                    "0.255.255.255",
                    "10.0.0.0",
                    "10.255.255.255",
                    "100.64.0.0",
                    "100.127.255.255",
                    "127.0.0.1",
                    "127.255.255.255",
                    "169.254.0.0",
                    "169.254.169.254",
                    "169.254.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.0.0.0",
                    "192.0.0.255",
                    "192.0.2.1",
                    "192.88.99.1",
                    "192.168.0.0",
                    "192.168.255.255",
                    "198.18.0.0",
                    "198.19.255.255",
                    "198.51.100.1",
                    "203.0.113.1",
                    "224.0.0.1",
                    "239.255.255.255",
                    "240.0.0.0",
                    "255.255.255.255",
                    "168.63.129.16",
                    "::",
                    "::1",
                    "::7f00:1",
                    "::10.0.0.1",
                    "100::1",
                    "2001::1",
                    "2001:1ff::1",
                    "2001:db8::1",
                    "3fff::1",
                    "5f00::1",
                    "fc00::1",
                    "fdff::1",
                    "fd00:ec2::254",
                    "fe80::1",
                    "febf::1",
                    "fec0::1",
                    "ff02::1",
                    "200::1",  // from here on: outside 2000::/3, unassigned
                    "1fff:ffff::1",
                    "4000::1",
                    "8000::1",
                    "e000::1",
                    "::ffff:0:8.8.8.8"}) {
    CAPTURE(text);
    CHECK_FALSE(allows({}, text));
  }
}

TEST_CASE("DestinationPolicy: an embedded IPv4 address is judged in every IPv6 form") {
  for (std::string inner : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"}) {
    CAPTURE(inner);
    CHECK_FALSE(allows({}, "::ffff:" + inner));
    CHECK_FALSE(allows({}, "64:ff9b::" + inner));    // NAT64
    CHECK_FALSE(allows({}, "64:ff9b:1::" + inner));  // NAT64 for local use
    CHECK_FALSE(allows({}, "::" + inner));           // IPv4-compatible
  }
  CHECK_FALSE(allows({}, "2002:7f00:1::"));  // 6to4, whatever it embeds
  CHECK_FALSE(allows({}, "2002:808:808::1"));
  CHECK_FALSE(allows({}, "2001:0:808:808::1"));  // Teredo
}

TEST_CASE("DestinationPolicy: an entry opens only its range, in every IPv6 form of it") {
  CHECK(allows({"10.0.0.0/8"}, "10.1.2.3"));
  CHECK(allows({"10.0.0.0/8"}, "::ffff:10.1.2.3"));
  CHECK(allows({"10.0.0.0/8"}, "64:ff9b::a01:203"));
  CHECK_FALSE(allows({"10.0.0.0/8"}, "192.168.0.1"));
  CHECK_FALSE(allows({"10.0.0.0/8"}, "127.0.0.1"));
  CHECK(allows({"192.168.7.7"}, "192.168.7.7"));
  CHECK_FALSE(allows({"192.168.7.7"}, "192.168.7.8"));
  CHECK(allows({"10.0.0.0/8", "fd00::/8"}, "fd12::1"));
  CHECK_FALSE(allows({"fd00::/8"}, "10.0.0.1"));
  CHECK(allows({"10.0.0.0/8"}, "8.8.8.8"));
}

TEST_CASE("DestinationPolicy: loopback, link-local and metadata need a range of their own") {
  struct Row {
    const char* guarded;
    const char* own;
    const char* wider;
  };
  const Row rows[] = {
      {"127.0.0.1", "127.0.0.0/8", "126.0.0.0/7"},
      {"127.0.0.1", "127.0.0.1", "0.0.0.0/0"},
      {"0.0.0.0", "0.0.0.0/8", "0.0.0.0/7"},
      {"169.254.169.254", "169.254.169.254/32", "169.0.0.0/8"},
      {"169.254.169.254", "169.254.0.0/16", "0.0.0.0/0"},
      {"168.63.129.16", "168.63.129.16", "168.63.129.0/24"},
      {"::1", "::1", "::/0"},
      {"::1", "::/96", "::/95"},
      {"fe80::1", "fe80::/10", "fe80::/9"},
      {"fe80::1", "fe80::1/128", "::/0"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.guarded);
    CAPTURE(row.own);
    CAPTURE(row.wider);
    CHECK(allows({row.own}, row.guarded));
    CHECK_FALSE(allows({row.wider}, row.guarded));
    CHECK(allows({row.wider, row.own}, row.guarded));
  }
  CHECK(allows({"0.0.0.0/0"}, "10.0.0.1"));
  CHECK_FALSE(allows({"0.0.0.0/0"}, "64:ff9b::7f00:1"));
  CHECK_FALSE(allows({"0.0.0.0/0"}, "::ffff:127.0.0.1"));
}

TEST_CASE("DestinationPolicy::parse: names the entry that is not a range") {
  auto policy = DestinationPolicy::parse({"10.0.0.0/8", "10.0.0.0/99"});
  REQUIRE_FALSE(policy);
  CHECK(policy.error().code == ErrorCode::invalid);
  CHECK(policy.error().message.find("\"10.0.0.0/99\"") != std::string::npos);
}

TEST_CASE("DestinationPolicy: a change counts for all copies, and for no other policy") {
  auto policy = DestinationPolicy::parse({"10.0.0.0/8"}).value();
  const DestinationPolicy copy = policy;
  const auto other = DestinationPolicy::parse({"127.0.0.0/8"}).value();
  policy.change_to(other);
  for (const DestinationPolicy& changed : {policy, copy}) {
    CHECK(changed.allows(address("127.0.0.1")));
    CHECK_FALSE(changed.allows(address("10.0.0.1")));
  }
  policy.change_to(DestinationPolicy());
  CHECK_FALSE(copy.allows(address("127.0.0.1")));
  CHECK(other.allows(address("127.0.0.1")));
}
