#include "core/uri.h"

#include <doctest/doctest.h>

#include <string>

using namespace esclusa::core;

TEST_CASE("is_uri: only what RFC 3986 calls a URI") {
  for (std::string url :
       {"http://a/?b[]=1", "http://a/é", "http://a/{b}", "http://a/a|b", "http://a/^", "http://a/`",
        "http://a\\b", "http://a/%", "http://a/%4", "http://a/%zz", "http://a/#b#c", "http://[::1",
        "http://é.example.org", "a", ""}) {
    CAPTURE(url);
    CHECK_FALSE(is_uri(url));
  }
  for (std::string url :
       {"http://[::1]:80/a", "http://a/%5B%7c?b=(c),d;e=*'!$&f:@#g/?h", "http://a~_-."}) {
    CAPTURE(url);
    CHECK(is_uri(url));
  }
}
