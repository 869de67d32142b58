#include "wire/deployment_status.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "support/wire_samples.h"

using namespace esclusa;
using namespace esclusa::wire;
using test::keys;
using test::message;
using test::some_repository;

namespace {

using Names = std::vector<std::string>;

core::NewDeploymentStatus parsed_status(std::string_view text) {
  CAPTURE(text);
  auto input = parse_new_status(text);
  REQUIRE(input);
  return *input;
}

const Urls& urls = test::sample_urls;

core::DeploymentStatus some_status() {
  core::DeploymentStatus status;
  status.id = {9};
  status.deployment_id = {42};
  status.state = core::DeploymentState::in_progress;
  status.environment = {{2}, "qa"};
  status.creator.id = {7};
  status.creator.login = "ada";
  return status;
}

Json written(const core::DeploymentStatus& status, StatusAudience audience) {
  JsonWriter json;
  write_status(json, status, some_repository(), urls, audience);
  return Json::parse(json.text()).value();
}

}  // namespace

TEST_CASE("parse_new_status: GitHub's defaults") {
  const auto input = parsed_status(R"({"state":"success"})");
  CHECK(input.state == core::DeploymentState::success);
  CHECK(input.target_url.empty());
  CHECK(input.description.empty());
  CHECK(input.environment_url.empty());
  CHECK_FALSE(input.environment);
  CHECK(input.auto_inactive);
}

TEST_CASE("parse_new_status: accepts every documented state, but not `waiting`") {
  for (const auto& [state, name] : core::enum_names<core::DeploymentState>::values) {
    CAPTURE(name);
    auto input = parse_new_status("{\"state\":\"" + std::string(name) + "\"}");
    CHECK(input.has_value() == (state != core::DeploymentState::waiting));
    if (input) CHECK(input->state == state);
  }
  CHECK(message(parse_new_status(R"({"state":"done"})")) ==
        "Invalid request.\n\ndone is not a member of [\"error\", \"failure\", \"inactive\", "
        "\"in_progress\", \"queued\", \"pending\", \"success\"].");
  CHECK(message(parse_new_status("{}")) == "Invalid request.\n\n\"state\" wasn't supplied.");
  CHECK_FALSE(parse_new_status(R"({"state":"Success"})"));
  CHECK_FALSE(parse_new_status(R"({"state":""})"));
}

TEST_CASE("parse_new_status: log_url and target_url are two names of one value") {
  auto target = [](const char* members) {
    return parsed_status("{\"state\":\"success\"" + std::string(members) + "}").target_url;
  };
  CHECK(target(R"(,"log_url":"http://l")") == "http://l");
  CHECK(target(R"(,"target_url":"http://t")") == "http://t");
  CHECK(target(R"(,"log_url":"http://l","target_url":"http://t")") == "http://l");
  CHECK(target(R"(,"log_url":"","target_url":"http://t")") == "http://t");
  CHECK(target(R"(,"log_url":null,"target_url":"http://t")") == "http://t");
}

TEST_CASE("parse_new_status: accepts what actions send: empty strings and a ref") {
  const auto input = parsed_status(R"({"state":"inactive","environment_url":"","description":"",
      "environment":"","ref":"refs/heads/x","auto_inactive":false})");
  CHECK_FALSE(input.environment);
  CHECK_FALSE(input.auto_inactive);
  CHECK(parsed_status(R"({"state":"error","environment":"qa"})").environment == "qa");
}

TEST_CASE("write_status: GitHub's members in GitHub's order, unset strings are empty") {
  const Json json = written(some_status(), StatusAudience::answer);
  CHECK(keys(json) == Names{"url", "id", "node_id", "state", "creator", "description",
                            "environment", "target_url", "created_at", "updated_at",
                            "deployment_url", "repository_url", "environment_url", "log_url",
                            "performed_via_github_app"});
  CHECK(json.string_at("url") == "http://h/api/v3/repos/demo/shop/deployments/42/statuses/9");
  CHECK(json.string_at("node_id")->starts_with("DES_kw"));
  CHECK(json.string_at("state") == "in_progress");
  CHECK(json.string_at("deployment_url") == "http://h/api/v3/repos/demo/shop/deployments/42");
  for (auto name : {"description", "target_url", "environment_url", "log_url"}) {
    CAPTURE(name);
    CHECK(json.string_at(name) == "");
  }
}

TEST_CASE("write_status: an event leaves out an unset log_url, and nothing else") {
  const Json bare = written(some_status(), StatusAudience::event);
  CHECK_FALSE(bare.find("log_url"));
  CHECK(bare.string_at("target_url") == "");
  CHECK(bare.string_at("environment_url") == "");
  core::DeploymentStatus status = some_status();
  status.target_url = "https://ci/1";
  for (auto audience : {StatusAudience::answer, StatusAudience::event}) {
    const Json json = written(status, audience);
    CHECK(json.string_at("log_url") == "https://ci/1");
    CHECK(json.string_at("target_url") == "https://ci/1");
  }
}
