#include "core/hook_destination.h"

#include <doctest/doctest.h>

#include "support/reason.h"

using namespace esclusa;
using core::UrlTarget;

namespace {

/// What is said about a URL whose host is split off as `target`.
std::string reason_of(const std::string& url, const std::optional<UrlTarget>& target,
                      const std::vector<std::string>& allow = {}) {
  const auto policy = core::DestinationPolicy::parse(allow);
  REQUIRE(policy);
  return test::reason(
      core::check_hook_url(url, [&](const std::string&) { return target; }, *policy));
}

}  // namespace

TEST_CASE("check_hook_url: an address that deliveries may not reach, unless its range is allowed") {
  for (const char* host : {"127.0.0.1", "10.0.0.1", "::1", "localhost", "a.localhost"}) {
    CAPTURE(host);
    CHECK(reason_of("https://h.example/", UrlTarget{host}) == "destination_not_allowed");
  }
  CHECK(reason_of("https://h.example/", UrlTarget{"localhost"}, {"127.0.0.0/8"}).empty());
  CHECK(reason_of("https://h.example/", UrlTarget{"93.184.216.34"}).empty());
  // A name is judged when it has been resolved.
  CHECK(reason_of("https://h.example/", UrlTarget{"h.example"}).empty());
}

TEST_CASE("check_hook_url: the parser gets the URL without its credentials") {
  std::string seen;
  const auto split = [&](const std::string& url) -> std::optional<UrlTarget> {
    seen = url;
    return UrlTarget{"h.example"};
  };
  CHECK(core::check_hook_url("https://ada:secret@h.example/a", split, {}));
  CHECK(seen == "https://h.example/a");
}

TEST_CASE("check_hook_url: what is no http or https URL, or no URI") {
  CHECK(reason_of("mailto:a", std::nullopt) == "invalid_url");
  CHECK(reason_of("https://h.example/", UrlTarget{"h.example", true}) == "invalid_url");
  CHECK(reason_of("https://h.example/{a}", UrlTarget{"h.example"}) == "invalid_url");
  CHECK(reason_of("https://a{b:c@h.example/", UrlTarget{"h.example"}) == "invalid_url");
  CHECK(reason_of("https://h.example/" + std::string(2048, 'a'), UrlTarget{"h.example"}) ==
        "too_long");
}
