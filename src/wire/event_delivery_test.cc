#include "wire/event_delivery.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::wire;
using core::DeliveryState;

namespace {

std::string written(const core::EventDelivery& delivery) {
  JsonWriter json;
  write_event_delivery(json, delivery);
  return json.take();
}

}  // namespace

TEST_CASE("write_event_delivery: every member, and null for absent values") {
  core::EventDelivery delivery;
  delivery.id = {3};
  delivery.guid = "58474f00-b361-11eb-836d-0e4f3503ccbe";
  delivery.event = "deployment";
  delivery.action = "created";
  delivery.repository = "demo/shop";
  delivery.deployment_id = DeploymentId{42};
  delivery.attempt_count = 2;
  delivery.next_attempt_at = delivery.created_at = from_micros(1'790'000'000'000'000);
  delivery.latest_attempt = {{12}, "timed out", 502};
  CHECK(written(delivery) ==
        R"({"id":3,"guid":"58474f00-b361-11eb-836d-0e4f3503ccbe","event":"deployment",)"
        R"("action":"created","repository":"demo/shop","deployment_id":42,"state":"pending",)"
        R"("attempt_count":2,"next_attempt_at":"2026-09-21T14:13:20Z",)"
        R"("latest_attempt":{"id":12,"status":"timed out","status_code":502},)"
        R"("created_at":"2026-09-21T14:13:20Z"})");
  delivery.action = delivery.repository = "";
  delivery.deployment_id.reset();
  delivery.latest_attempt.reset();
  delivery.state = DeliveryState::dead;
  CHECK(written(delivery) ==
        R"({"id":3,"guid":"58474f00-b361-11eb-836d-0e4f3503ccbe","event":"deployment",)"
        R"("action":null,"repository":null,"deployment_id":null,"state":"dead",)"
        R"("attempt_count":2,"next_attempt_at":null,"latest_attempt":null,)"
        R"("created_at":"2026-09-21T14:13:20Z"})");
}

TEST_CASE("parse_replay: by default dead and skipped deliveries of all times") {
  using States = std::vector<DeliveryState>;
  auto replay = parse_replay("");
  REQUIRE(replay);
  CHECK(replay->states == States{DeliveryState::dead, DeliveryState::skipped});
  CHECK_FALSE(replay->created.from);
  CHECK_FALSE(replay->created.until);
  CHECK(parse_replay(R"({"state":"dead"})")->states == States{DeliveryState::dead});
  CHECK(parse_replay(R"({"state":"skipped"})")->states == States{DeliveryState::skipped});
  replay = parse_replay(
      R"({"state":"any","since":"2026-11-21T08:00:00Z","until":"2026-11-21T09:00:00Z"})");
  REQUIRE(replay);
  CHECK(replay->states ==
        States{DeliveryState::dead, DeliveryState::skipped, DeliveryState::delivered});
  CHECK(replay->created.from == parse_time("2026-11-21T08:00:00Z"));
  CHECK(replay->created.until == parse_time("2026-11-21T09:00:00Z"));
}

TEST_CASE("parse_replay: refuses other states and times, and delivered events without `since`") {
  struct Row {
    const char* body;
    const char* reason;
  };
  for (const Row& row :
       {Row{R"({"state":"cancelled"})", "invalid_request"},
        Row{R"({"state":"pending"})", "invalid_request"},
        Row{R"({"since":"yesterday"})", "invalid_time"}, Row{R"({"until":5})", "invalid_request"},
        Row{R"({"state":"any"})", "missing_field"}}) {
    CAPTURE(row.body);
    auto refused = parse_replay(row.body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().reason_code == row.reason);
  }
}
