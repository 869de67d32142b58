#include "bin/external_url.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("external_url: an address, with or without a path") {
  CHECK(checked_external_url("https://deploy.example.org") == "https://deploy.example.org");
  CHECK(checked_external_url("http://127.0.0.1:8080/") == "http://127.0.0.1:8080");
  CHECK(checked_external_url("https://[2001:db8::1]:8443") == "https://[2001:db8::1]:8443");
  CHECK(checked_external_url("https://x.example/deploy/") == "https://x.example/deploy");
  CHECK(checked_external_url("https://x.example/a/b-c.d_e~f") == "https://x.example/a/b-c.d_e~f");
  CHECK(base_path_of("https://x.example/a/b") == "/a/b");
  CHECK(base_path_of("https://x.example").empty());
  CHECK(base_path_of("").empty());
}

TEST_CASE("external_url: what is no plain address is refused, with what is expected") {
  for (const char* text :
       {"", "deploy.example.org", "ftp://x.example", "https://", "https://user@x.example",
        "https://x.example/?a=b", "https://x.example/deploy?", "https://x.example#a",
        "https://x.example//deploy", "https://x.example/a/../b", "https://x.example/a%2fb",
        "https://x.example/a b", "https://x.example/\"", "https://x.example/a;b"}) {
    CAPTURE(text);
    const auto refused = checked_external_url(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("an "));
  }
}

TEST_CASE("external_url: a path that could be one of the server's own is refused") {
  for (const char* path : {"/repos", "/esclusa", "/esclusa/x", "/api/v3", "/orgs", "/repositories",
                           "/user", "/rate_limit", "/metrics", "/livez"}) {
    CAPTURE(path);
    const auto refused = checked_external_url(std::string("https://x.example") + path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.contains("the server's own paths begin with /"));
  }
  CHECK(checked_external_url("https://x.example/esclusa-1"));
  CHECK(checked_external_url("https://x.example/deploy/repos"));
}
