#include "base/system_user.h"

#include <doctest/doctest.h>

using esclusa::system_user_name;

TEST_CASE("system_user_name: the name of a user, or its number if it has none") {
  CHECK(system_user_name(0) == "root");
  CHECK(system_user_name(3'999'999'999) == "uid:3999999999");
}
