#include "core/deployment_status.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

std::string refused_field(const NewDeploymentStatus& input) {
  auto checked = check_new_status(input);
  if (checked || checked.error().fields.size() != 1) return "";
  CHECK(checked.error().code == ErrorCode::invalid);
  CHECK(checked.error().message == "Validation Failed");
  return checked.error().fields[0].field;
}

Deployment deployment(int64_t id) {
  Deployment made;
  made.id = {id};
  made.environment = {{7}, "staging"};
  made.state = DeploymentState::success;
  return made;
}

}  // namespace

TEST_CASE("check_new_status: empty texts, which many actions send, are accepted") {
  NewDeploymentStatus input;
  input.environment_url = "";
  input.description = "";
  CHECK(check_new_status(input));
}

TEST_CASE("check_new_status: a description has at most 140 characters (not bytes)") {
  NewDeploymentStatus input;
  for (int i = 0; i < 140; ++i) input.description += "é";
  CHECK(check_new_status(input));
  input.description += "x";
  auto refused = check_new_status(input);
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().fields.size() == 1);
  CHECK(refused.error().fields[0].resource == "DeploymentStatus");
  CHECK(refused.error().fields[0].field == "description");
  CHECK(refused.error().fields[0].message == "Description is too long (maximum is 140 characters)");
}

TEST_CASE("check_new_status: links must be http or https") {
  NewDeploymentStatus input;
  input.target_url = "https://ci.example.org/1";
  input.environment_url = "http://shop.example.org";
  CHECK(check_new_status(input));
  input.target_url = "javascript:alert(1)";
  CHECK(refused_field(input) == "target_url");
  input.target_url = "";
  input.environment_url = "ftp://shop.example.org";
  CHECK(refused_field(input) == "environment_url");
}

TEST_CASE("check_new_status: another environment must have an acceptable name") {
  NewDeploymentStatus input;
  input.environment = "qa/eu west";
  CHECK(check_new_status(input));
  input.environment = "qa\n";
  CHECK(refused_field(input) == "environment");
  input.environment = std::string(limits::environment_chars + 1, 'e');
  CHECK(refused_field(input) == "environment");
}

TEST_CASE("is_made_inactive_by: an earlier success in the same environment becomes inactive") {
  CHECK(is_made_inactive_by(deployment(1), deployment(2)));
}

TEST_CASE("is_made_inactive_by: every other deployment stays as it is") {
  struct Row {
    const char* why;
    void (*change)(Deployment& older);
  };
  const Row rows[] = {
      {"the same one", [](Deployment& d) { d.id = {2}; }},
      {"a newer one", [](Deployment& d) { d.id = {3}; }},
      {"another environment", [](Deployment& d) { d.environment.id = {8}; }},
      {"transient", [](Deployment& d) { d.transient_environment = true; }},
      {"production", [](Deployment& d) { d.production_environment = true; }},
      {"no status yet", [](Deployment& d) { d.state.reset(); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Deployment older = deployment(1);
    row.change(older);
    CHECK_FALSE(is_made_inactive_by(older, deployment(2)));
  }
  for (const auto& [state, name] : enum_names<DeploymentState>::values) {
    CAPTURE(name);
    Deployment older = deployment(1);
    older.state = state;
    CHECK(is_made_inactive_by(older, deployment(2)) == (state == DeploymentState::success));
  }
}

TEST_CASE("is_made_inactive_by: the properties of the newer deployment do not matter") {
  Deployment newer = deployment(2);
  newer.transient_environment = newer.production_environment = true;
  newer.environment.name = "Staging";
  CHECK(is_made_inactive_by(deployment(1), newer));
}

TEST_CASE("is_announced: every state but inactive") {
  for (const auto& [state, name] : enum_names<DeploymentState>::values) {
    CAPTURE(name);
    CHECK(is_announced(state) == (state != DeploymentState::inactive));
  }
}
