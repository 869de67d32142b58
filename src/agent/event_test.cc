#include "agent/event.h"

#include <doctest/doctest.h>

#include "agent/fake_github.h"

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

TEST_CASE("parse_deployment_event: takes what the agent needs; the payload as it was sent") {
  const std::string payload = R"({"big":12345678901234567890,"e":"\u00e9/\/","n":1.0e+2,"a":[]})";
  const std::string body = event_body({.id = 7, .payload = payload});
  auto event = parse_deployment_event(body);
  REQUIRE_MESSAGE(event, event.error().message);
  CHECK(event->repository == "demo/shop");
  CHECK(event->id == 7);
  CHECK(event->ref == "main");
  CHECK(event->task == "deploy");
  CHECK(event->environment == "staging");
  CHECK(event->payload == payload);
  CHECK(event->body == body);
  CHECK(parse_deployment_event(event_body({.payload = R"("a text")"}))->payload == R"("a text")");
}

TEST_CASE("parse_deployment_event: a sha is 40 hex digits and nothing else") {
  CHECK(parse_deployment_event(event_body({.sha = std::string(40, 'A')}))->sha ==
        std::string(40, 'a'));
  for (const std::string& sha :
       {std::string("main"), std::string(39, 'a'), std::string(41, 'a'), std::string(40, 'g'),
        std::string("--upload-pack=touch /tmp/x0123456789abcd"), std::string()}) {
    CAPTURE(sha);
    CHECK(!parse_deployment_event(event_body({.sha = sha})));
  }
}

TEST_CASE("parse_deployment_event: what cannot be handed on is refused") {
  CHECK(!parse_deployment_event("{}"));
  CHECK(!parse_deployment_event("[]"));
  CHECK(!parse_deployment_event("{\"deployment\": 1}"));
  CHECK(!parse_deployment_event(event_body({.id = 0})));
  CHECK(!parse_deployment_event(event_body({.id = -1})));
  for (const char* text : {"a\\u0000b", "a\\nESCLUSA_SHA=x", "", "\\u001b[2J"}) {
    CAPTURE(text);
    CHECK(!parse_deployment_event(event_body({.environment = text})));
    CHECK(!parse_deployment_event(event_body({.ref = text})));
    CHECK(!parse_deployment_event(event_body({.task = text})));
  }
  CHECK(!parse_deployment_event(event_body({.environment = std::string(2000, 'a')})));
}

}  // namespace
}  // namespace esclusa::agent
