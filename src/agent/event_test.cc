#include "agent/event.h"

#include <doctest/doctest.h>

#include "support/fake_github.h"

namespace esclusa::agent {
namespace {

using testing::event_body;

TEST_CASE("is_signed: GitHub's own test vector, and nothing else") {
  const Secret secret("It's a Secret to Everybody");
  const std::string good =
      "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  CHECK(is_signed(secret, good, "Hello, World!"));
  CHECK(!is_signed(secret, good, "Hello, World"));
  CHECK(!is_signed(Secret("x"), good, "Hello, World!"));
  CHECK(!is_signed(secret, std::nullopt, "Hello, World!"));
  for (const std::string& bad :
       {std::string(), good.substr(7), good.substr(0, good.size() - 1), good + "0", "SHA" + good}) {
    CAPTURE(bad);
    CHECK(!is_signed(secret, bad, "Hello, World!"));
  }
  CHECK(!is_signed(Secret(), "sha256=" + hmac_sha256_hex("", "x"), "x"));
}

TEST_CASE("parse_deployment_event: which deployment it is about, and what it says of it") {
  const std::string body = event_body({.id = 7, .sha = std::string(40, 'A')});
  auto event = parse_deployment_event(body);
  REQUIRE_MESSAGE(event, event.error().message);
  CHECK(event->repository == "demo/shop");
  CHECK(event->id == 7);
  CHECK(event->ref == "main");
  CHECK(event->sha == std::string(40, 'a'));
  CHECK(event->task == "deploy");
  CHECK(event->environment == "staging");
  CHECK(event->body == body);
}

TEST_CASE("parse_deployment_event: a payload as deep as may be, and texts that are none") {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  CHECK(parse_deployment_event(event_body({.id = 7, .payload = deep}))->id == 7);
  CHECK(parse_deployment_event(event_body({.task = "a\\nb"}))->task == "a\nb");
  CHECK(parse_deployment_event(event_body({.task = "\\ud800"}))->task.empty());
}

TEST_CASE("parse_deployment_event: what names no deployment is refused") {
  for (const std::string& body :
       {std::string("{}"), std::string("[]"), std::string(), std::string("{"),
        std::string("{\"deployment\": 1}"), event_body({.id = 0}), event_body({.id = -1})}) {
    CAPTURE(body);
    CHECK(!parse_deployment_event(body));
  }
}

TEST_CASE("parse_deployment_event: what parsers read in different ways is refused") {
  const std::string body = event_body({});
  const auto with_member = [&](const std::string& member) {
    return body.substr(0, body.size() - 1) + "," + member + "}";
  };
  CHECK(parse_deployment_event(with_member(R"("sender":{"login":"x"})")));
  for (const std::string& bad :
       {with_member(R"("deployment":{"id":1,"ref":"forged"})"), with_member(R"("deployment":1)"),
        with_member(R"("d\u0065ployment":{"id":1})"),
        with_member(R"("repository":{"full_name":"demo/bank"})"),
        with_member(R"("sender":{"login":"x","login":"y"})"), with_member("\"x\":[}"),
        with_member(""), body + body, body + "x", body.substr(0, body.size() - 1)}) {
    CAPTURE(bad);
    CHECK(!parse_deployment_event(bad));
  }
}

TEST_CASE("differences, with_deployment: the server's deployment takes the place of the event's") {
  const auto event = parse_deployment_event(event_body({.environment = "production"})).value();
  auto deployment = testing::deployment_of({.environment = "production"});
  CHECK(differences(event, deployment).empty());
  deployment.sha[0] = 'b';
  deployment.original_environment = "staging";
  CHECK(differences(event, deployment) == std::vector<std::string>{"sha", "environment"});
  CHECK(with_deployment(event, deployment) ==
        R"({"action":"created","deployment":{"the":"server's"},)"
        R"("repository":{"full_name":"demo/shop"}})");
}

}  // namespace
}  // namespace esclusa::agent
