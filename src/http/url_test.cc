#include <doctest/doctest.h>

#include "http/outbound.h"

namespace esclusa::http {

TEST_CASE("parse_url: splits an absolute URL into its parts") {
  auto url = parse_url("HTTPS://Example.COM/a/b?c=d#e");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "example.com");
  CHECK(url->port == 443);
  CHECK(url->path == "/a/b");
  CHECK(url->query == "c=d");
  CHECK_FALSE(url->has_credentials);
  CHECK(parse_url("http://h:8080")->port == 8080);
  CHECK(parse_url("http://h:8080")->path == "/");
  CHECK(parse_url("http://h")->port == 80);
}

TEST_CASE("parse_url: normalises every spelling of an IPv4 address") {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1.", "127.1", "127.1.", "0x7f.1", "0X7F.1", "2130706433",
        "2130706433.", "0177.0.0.1", "0x7f000001", "%31%32%37.0.0.1", "127.0.1"}) {
    CAPTURE(host);
    auto url = parse_url(std::string("http://") + host + "/");
    REQUIRE(url);
    CHECK(url->host == "127.0.0.1");
  }
}

TEST_CASE("parse_url: refuses a host that ends in a number but is not an IPv4 address") {
  for (const char* host : {"1.2.3.4.5", "256.256.256.256", "example.1", "0x", "4294967296",
                           "127.0.0.0x", "09.1.1.1"}) {
    CAPTURE(host);
    auto url = parse_url(std::string("http://") + host + "/");
    if (url) CHECK(url->host.find_first_not_of("0123456789.") == std::string::npos);
  }
  CHECK_FALSE(parse_url("http://1.2.3.4.5/"));
  CHECK_FALSE(parse_url("http://256.256.256.256/"));
  CHECK_FALSE(parse_url("http://example.1/"));
}

TEST_CASE("parse_url: returns IPv6 without brackets and in its shortest form") {
  CHECK(parse_url("http://[::1]/")->host == "::1");
  CHECK(parse_url("http://[0:0:0:0:0:0:0:1]:99/")->host == "::1");
  CHECK(parse_url("http://[0:0:0:0:0:0:0:1]:99/")->port == 99);
  CHECK(parse_url("http://[::FFFF:7f00:1]/")->host == "::ffff:127.0.0.1");
  CHECK_FALSE(parse_url("http://[fe80::1%25eth0]/"));
  CHECK_FALSE(parse_url("http://[fe80::1%eth0]/"));
  CHECK_FALSE(parse_url("http://[::1"));
  CHECK_FALSE(parse_url("http://[::g]/"));
}

TEST_CASE("parse_url: removes a trailing dot of the host") {
  CHECK(parse_url("http://example.com./")->host == "example.com");
  CHECK_FALSE(parse_url("http://./"));
}

TEST_CASE("parse_url: reports credentials") {
  CHECK(parse_url("https://user@h/")->has_credentials);
  CHECK(parse_url("https://user:password@h/")->has_credentials);
  CHECK(parse_url("https://:password@h/")->has_credentials);
  CHECK(parse_url("https://good.example@evil.example/")->host == "evil.example");
}

TEST_CASE("parse_url: refuses text that is not an absolute http URL") {
  for (const char* text : {"",
                           "/a",
                           "h",
                           "h/a",
                           "//h/a",
                           "ftp://h/",
                           "file:///etc/passwd",
                           "gopher://h/",
                           "javascript:alert(1)",
                           "http:h",
                           "http:/h",
                           "http:///h",
                           "http://",
                           "http:///",
                           "http://:80/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:x/",
                           "http://?a",
                           " http://h/"}) {
    CAPTURE(text);
    auto url = parse_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::bad_request);
  }
}

TEST_CASE("parse_url: refuses blanks, control characters and invalid hosts") {
  for (const char* text :
       {"http://h/a b", "http://h/\r\nX: 1", "http://h/\t", "http://h\x7f/", "http://h\\@g/",
        "http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1/", "http://h%00/", "http://h%0a/",
        "http://h%2fg/", "http://a,b/", "http://.h/"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_url(text));
  }
  CHECK_FALSE(parse_url(std::string("http://h/\0a", 11)));
}

}  // namespace esclusa::http
