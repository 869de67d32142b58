#include "base/ids.h"

#include <doctest/doctest.h>

#include <type_traits>
#include <unordered_set>

using namespace esclusa;

TEST_CASE("parse_positive: plain decimal numbers") {
  CHECK(parse_positive("1") == 1);
  CHECK(parse_positive("9007199254740991") == 9007199254740991);
  CHECK(parse_positive("9223372036854775807") == INT64_MAX);
}

TEST_CASE("parse_positive: nothing for anything else") {
  for (auto text : {"", "0", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "a", "1a",
                    "9223372036854775808", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_positive(text));
  }
}

TEST_CASE("Id: each table has its own type") {
  static_assert(!std::is_convertible_v<HookId, DeploymentId>);
  CHECK_FALSE(HookId{});
  CHECK(HookId{1});
  CHECK(HookId{1} < HookId{2});
  CHECK(std::unordered_set<HookId>{HookId{1}, HookId{1}, HookId{2}}.size() == 2);
}
