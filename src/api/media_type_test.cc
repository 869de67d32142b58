#include "api/media_type.h"

#include <doctest/doctest.h>

using namespace esclusa;
using api::accepts;
using api::media_type;

namespace {
std::string for_accept(const std::string& accept) { return media_type({{"Accept", accept}}); }
}  // namespace

TEST_CASE("media_type: every form of asking for plain JSON gives the same result") {
  CHECK(media_type({}) == "github.v3; format=json");
  for (auto accept : {"application/vnd.github+json", "application/vnd.github.v3+json",
                      "application/json", "*/*", "", "APPLICATION/JSON", "application/json; q=0.9",
                      "application/json, */*;q=0.1", "text/html, application/json"}) {
    CAPTURE(accept);
    CHECK(for_accept(accept) == "github.v3; format=json");
  }
}

TEST_CASE("media_type: parameters and previews are repeated, known or not") {
  CHECK(for_accept("application/vnd.github.v3.raw+json") == "github.v3; param=raw; format=json");
  CHECK(for_accept("application/vnd.github.full+json") == "github.v3; param=full; format=json");
  CHECK(for_accept("application/vnd.github.raw") == "github.v3; param=raw");
  CHECK(for_accept("application/vnd.github.ant-man-preview+json") ==
        "github.ant-man-preview; format=json");
  CHECK(for_accept("application/vnd.github.nobody-knows-preview+json") ==
        "github.nobody-knows-preview; format=json");
}

TEST_CASE("media_type: several types are joined, from one header or from two") {
  const std::string both = "github.ant-man-preview; format=json, github.flash-preview; format=json";
  CHECK(for_accept("application/vnd.github.ant-man-preview+json,"
                   "application/vnd.github.flash-preview+json") == both);
  CHECK(media_type({{"Accept", "application/vnd.github.ant-man-preview+json"},
                    {"accept", "application/vnd.github.flash-preview+json"}}) == both);
}

TEST_CASE(
    "media_type: types that are not GitHub's are unknown, and no odd characters are repeated") {
  for (auto accept : {"text/html", "application/xml", "nonsense", "application/vnd.github.a b+json",
                      "application/vnd.github.<x>+json", "application/vnd.github.x+j\"on",
                      "application/vnd.github..+json", "application/vnd.githubx+json", ",;,"}) {
    CAPTURE(accept);
    CHECK(for_accept(accept) == "unknown, github.v3");
  }
}

TEST_CASE("accepts: GitHub's other media types, in any version") {
  for (auto accept : {"application/vnd.github.raw", "application/vnd.github.raw+json",
                      "application/vnd.github.v3.raw", "text/html, application/vnd.github.raw"}) {
    CAPTURE(accept);
    CHECK(accepts({{"Accept", accept}}, "raw"));
    CHECK_FALSE(accepts({{"Accept", accept}}, "sha"));
  }
  for (auto accept : {"application/vnd.github+json", "raw", "*/*", ""}) {
    CAPTURE(accept);
    CHECK_FALSE(accepts({{"Accept", accept}}, "raw"));
  }
  CHECK_FALSE(accepts({}, "raw"));
}
