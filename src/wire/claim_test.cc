#include "wire/claim.h"

#include <doctest/doctest.h>

#include "support/wire_samples.h"

using namespace esclusa;
using namespace std::chrono_literals;

TEST_CASE("parse_new_claim: seconds, or nothing") {
  for (const char* body : {"", "{}", R"({"seconds": null})"}) {
    CHECK_FALSE(wire::parse_new_claim(body)->seconds);
  }
  CHECK(wire::parse_new_claim(R"({"seconds": 600})")->seconds == 600);
  CHECK(test::message(wire::parse_new_claim(R"({"seconds": "600"})")) ==
        "Invalid request.\n\nFor 'properties/seconds', \"600\" is not an integer.");
  CHECK_FALSE(wire::parse_new_claim("[]"));
}

TEST_CASE("write_claim: who has it, by which token, and until when") {
  core::DeploymentClaim claim;
  claim.id = {17};
  claim.owner.login = "esclusa-agent[bot]";
  claim.agent = "web-1";
  claim.seconds = 60s;
  claim.claimed_at = from_micros(1'790'000'000'000'000);
  claim.beat = {claim.claimed_at, {"boot-1", 1h}};
  const auto written = [&] {
    JsonWriter json;
    wire::write_claim(json, claim, {claim.claimed_at + 20s, {"boot-1", 1h + 20s}});
    return json.take();
  };
  CHECK(written() ==
        R"({"fence":17,"state":"claimed","owner":"esclusa-agent[bot]","agent":"web-1",)"
        R"("claimed_at":"2026-09-21T14:13:20Z","started_at":null,)"
        R"("expires_at":"2026-09-21T14:14:20Z"})");
  claim.agent = "";
  claim.state = core::ClaimState::started;
  claim.started_at = claim.claimed_at;
  CHECK(written().contains(R"("state":"started","owner":"esclusa-agent[bot]","agent":null,)"));
  CHECK(written().contains(R"("started_at":"2026-09-21T14:13:20Z")"));
}
