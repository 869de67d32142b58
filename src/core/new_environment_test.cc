#include "core/new_environment.h"

#include <doctest/doctest.h>

#include "core/names.h"

using namespace esclusa;
using namespace esclusa::core;

TEST_CASE("check_new_environment_name: refuses names that look like another name") {
  for (const char* name : {"production", "qa/eu", "a b", "Ünïcode ☃", "本番"}) {
    CAPTURE(name);
    CHECK(check_new_environment_name(name));
  }
  auto message = [](const std::string& name) {
    CHECK(check_environment_name(name));  // an older environment may have it
    const auto checked = check_new_environment_name(name);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().reason_code == "invalid_environment_name");
    return checked.error().fields.at(0).message;
  };
  for (const char* name : {"production ", " production", " "}) {
    CHECK(message(name) == "environment must neither begin nor end with a blank");
  }
  CHECK(message("produc\u200Btion") ==
        "environment has the invisible character U+200B, and looks like another name");
  CHECK(message("\u202Eproduction").contains("U+202E"));
  CHECK(message("production\u00A0").contains("U+00A0"));
  CHECK_FALSE(check_new_environment_name(""));
  CHECK_FALSE(check_new_environment_name("a\nb"));
}

TEST_CASE("edit_distance: added, removed and replaced, without regard to case") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("staging", "Staging") == 0);
  CHECK(edit_distance("stagin", "staging") == 1);
  CHECK(edit_distance("stagging", "staging") == 1);
  CHECK(edit_distance("stbging", "staging") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("find_nearest: the nearest name, unless it is too different") {
  const std::vector<std::string> known = {"preview", "Production", "staging"};
  CHECK(find_nearest("prodction", known) == "Production");
  CHECK(find_nearest("staging2", known) == "staging");
  CHECK_FALSE(find_nearest("qa", known));
  CHECK_FALSE(find_nearest("staging", {}));
}

TEST_CASE("check_may_make: where only known names are accepted, the refusal names the nearest") {
  CHECK(check_may_make(NewEnvironments::any, "stagin", {}));
  const auto refused = check_may_make(NewEnvironments::known, "stagin", {"staging"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "environment_unknown");
  CHECK(refused.error().message.starts_with(
      "There is no environment \"stagin\"; did you mean \"staging\"?"));
  CHECK(check_may_make(NewEnvironments::known, "qa", {})
            .error()
            .message.starts_with("There is no environment \"qa\". In"));
  for (auto policy : {NewEnvironments::any, NewEnvironments::known}) {
    CHECK(check_may_make(policy, "staging ", {"staging"}).error().reason_code ==
          "invalid_environment_name");
  }
}
