#include "wire/finding.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("read_finding: reads what write_finding has written") {
  const core::Finding finding{"disk", "It is \"full\".", "Nothing works.", "df -h"};
  JsonWriter json;
  wire::write_finding(json, finding);
  CHECK(wire::read_finding(Json::parse(json.text()).value()) == finding);
  CHECK(wire::read_finding(Json::parse("{}").value()) == core::Finding{});
}
