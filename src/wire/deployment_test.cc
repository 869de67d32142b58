#include "wire/deployment.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "base/json_scan.h"
#include "support/wire_samples.h"

using namespace esclusa;
using namespace esclusa::wire;
using test::keys;
using test::message;
using test::some_repository;

namespace {

using Names = std::vector<std::string>;

core::NewDeployment parsed(std::string_view text) {
  CAPTURE(text);
  auto input = parse_new_deployment(text);
  REQUIRE(input);
  return *input;
}

const Urls& urls = test::sample_urls;

core::Deployment some_deployment() {
  core::Deployment deployment;
  deployment.id = {42};
  deployment.environment = {{2}, "qa"};
  deployment.original_environment = {{1}, "staging"};
  deployment.ref = "refs/heads/main";
  deployment.sha = "0123456789abcdef0123456789abcdef01234567";
  deployment.task = "deploy:migrations";
  deployment.payload = "{}";
  deployment.creator.id = {7};
  deployment.creator.login = "ada";
  deployment.created_at = from_micros(1'790'000'000'000'000);
  deployment.updated_at = from_micros(1'790'000'001'000'000);
  return deployment;
}

Json written(const core::Deployment& deployment) {
  JsonWriter json;
  write_deployment(json, deployment, some_repository(), urls);
  return Json::parse(json.text()).value();
}

}  // namespace

TEST_CASE("parse_new_deployment: GitHub's defaults") {
  const core::NewDeployment input = parsed(R"({"ref":"main"})");
  CHECK(input.ref == "main");
  CHECK(input.task == "deploy");
  CHECK(input.auto_merge);
  CHECK_FALSE(input.required_contexts);
  CHECK(input.payload == "{}");
  CHECK(input.environment == "production");
  CHECK_FALSE(input.description);
  CHECK_FALSE(input.transient_environment);
  CHECK_FALSE(input.production_environment);
}

TEST_CASE("parse_new_deployment: reads every member") {
  const core::NewDeployment input = parsed(R"({"ref":"v1","task":"t","auto_merge":false,
      "required_contexts":["ci/a","ci/b"],"payload":{"a":1},"environment":"qa","description":"d",
      "transient_environment":true,"production_environment":false})");
  CHECK(input.ref == "v1");
  CHECK(input.task == "t");
  CHECK_FALSE(input.auto_merge);
  CHECK(input.required_contexts == Names{"ci/a", "ci/b"});
  CHECK(input.payload == R"({"a":1})");
  CHECK(input.environment == "qa");
  CHECK(input.description == "d");
  CHECK(input.transient_environment);
  CHECK(input.production_environment == false);
}

TEST_CASE("parse_new_deployment: null counts as absent; an empty list requires no context") {
  const core::NewDeployment input = parsed(R"({"ref":"main","task":null,"auto_merge":null,
      "required_contexts":null,"payload":null,"environment":null,"description":null,
      "transient_environment":null,"production_environment":null})");
  CHECK(input.task == "deploy");
  CHECK(input.auto_merge);
  CHECK_FALSE(input.required_contexts);
  CHECK(input.payload == "{}");
  CHECK(input.environment == "production");
  CHECK_FALSE(input.production_environment);
  CHECK(parsed(R"({"ref":"main","required_contexts":[]})").required_contexts == Names{});
}

TEST_CASE("parse_new_deployment: ignores unknown members, which popular actions send") {
  CHECK(parsed(R"({"ref":"main","sha":"x","owner":1,"log_url":{},"__proto__":[]})").ref == "main");
}

TEST_CASE("parse_new_deployment: keeps the bytes of a payload, an object or a string") {
  struct Row {
    const char* sent;
    const char* kept;
  };
  const Row rows[] = {
      {"{}", "{}"},
      {R"({"n":1.0,"big":12345678901234567890123})", R"({"n":1.0,"big":12345678901234567890123})"},
      {R"({"config":{"provider":"x"}})", R"({"config":{"provider":"x"}})"},
      {R"("")", R"("")"},
      {R"("custom")", R"("custom")"},
      {R"("{\"user\":\"atmos\"}")", R"("{\"user\":\"atmos\"}")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    CHECK(parsed(std::string(R"({"ref":"main","payload":)") + row.sent + "}").payload == row.kept);
  }
  for (std::string sent : {"[]", "[1]", "1", "true", "1.5"}) {
    CAPTURE(sent);
    CHECK(message(parse_new_deployment(R"({"ref":"main","payload":)" + sent + "}")) ==
          "Invalid request.\n\nNo subschema in \"anyOf\" matched.");
  }
}

TEST_CASE("parse_new_deployment: accepts at most 24 levels of payload, so that events fit") {
  auto body = [](size_t levels) {
    return R"({"ref":"main","payload":{"a":)" + std::string(levels - 1, '[') +
           std::string(levels - 1, ']') + "}}";
  };
  CHECK(parse_new_deployment(body(payload_depth)));
  for (const size_t levels : {payload_depth + 1, size_t{63}, size_t{120}}) {
    const auto refused = parse_new_deployment(body(levels));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().reason_code == "payload_too_deep");
    CHECK(refused.error().fields.at(0).field == "payload");
  }
}

TEST_CASE("parse_new_deployment: refusals have GitHub's texts") {
  CHECK(message(parse_new_deployment("{}")) == "Invalid request.\n\n\"ref\" wasn't supplied.");
  CHECK(message(parse_new_deployment("")) == "Invalid request.\n\n\"ref\" wasn't supplied.");
  CHECK(message(parse_new_deployment("[]")) == "Body should be a JSON object");
  CHECK(message(parse_new_deployment("{\"ref\":")) == "Problems parsing JSON");
  for (auto body : {R"({"ref":1})", R"({"ref":null})", R"({"ref":"m","task":1})",
                    R"({"ref":"m","auto_merge":"false"})", R"({"ref":"m","required_contexts":"a"})",
                    R"({"ref":"m","required_contexts":[1]})", R"({"ref":"m","environment":{}})",
                    R"({"ref":"m","description":[]})", R"({"ref":"m","transient_environment":1})",
                    R"({"ref":"m","production_environment":"yes"})", R"({"ref":"m\u0000"})",
                    R"({"ref":"m","environment":"a\u0000"})"}) {
    CAPTURE(body);
    auto refused = parse_new_deployment(body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().message.starts_with("Invalid request.\n\n"));
  }
}

TEST_CASE("write_deployment: GitHub's members in GitHub's order") {
  CHECK(keys(written(some_deployment())) ==
        Names{"url", "id", "node_id", "task", "original_environment", "environment", "description",
              "created_at", "updated_at", "statuses_url", "repository_url", "creator", "sha", "ref",
              "payload", "transient_environment", "production_environment",
              "performed_via_github_app"});
}

TEST_CASE("write_deployment: the values") {
  const Json json = written(some_deployment());
  CHECK(json.string_at("url") == "http://h/api/v3/repos/demo/shop/deployments/42");
  CHECK(json.integer_at("id") == 42);
  CHECK(json.string_at("node_id")->starts_with("DE_kw"));
  CHECK(json.string_at("original_environment") == "staging");
  CHECK(json.string_at("environment") == "qa");
  CHECK(json.find("description")->is_null());
  CHECK(json.string_at("created_at") == "2026-09-21T14:13:20Z");
  CHECK(json.string_at("updated_at") == "2026-09-21T14:13:21Z");
  CHECK(json.string_at("statuses_url") ==
        "http://h/api/v3/repos/demo/shop/deployments/42/statuses");
  CHECK(json.string_at("repository_url") == "http://h/api/v3/repos/demo/shop");
  CHECK(json.string_at("creator", "login") == "ada");
  CHECK(json.string_at("ref") == "refs/heads/main");
  CHECK(json.find("payload")->text() == "{}");
  CHECK(json.find("transient_environment")->boolean() == false);
  CHECK(json.find("performed_via_github_app")->is_null());
}

TEST_CASE("write_deployment: writes an object payload as an object, and a string as a string") {
  for (std::string payload : {R"({"a":{"b":[1.0]}})", R"("{\"a\":1}")", R"("")"}) {
    CAPTURE(payload);
    core::Deployment deployment = some_deployment();
    deployment.payload = payload;
    JsonWriter json;
    write_deployment(json, deployment, some_repository(), urls);
    CHECK(json.text().find("\"payload\":" + payload + ",\"transient") != std::string::npos);
  }
}
