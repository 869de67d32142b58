#include "wire/feed.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/json.h"

using namespace esclusa;

namespace {

core::FeedEvent sample() {
  core::FeedEvent entry;
  entry.event.id = EventId{12};
  entry.event.guid = "6c1b";
  entry.event.kind = "deployment";
  entry.event.action = "created";
  entry.event.created_at = from_micros(1'790'000'000'000'000);
  entry.repository = "acme/shop";
  entry.body = R"({"action":"created"})";
  return entry;
}

}  // namespace

TEST_CASE("write_feed_event: every member, and the unchanged body") {
  JsonWriter json;
  wire::write_feed_event(json, sample());
  CHECK(json.text() == R"({"seq":12,"guid":"6c1b","event":"deployment","action":"created",)"
                       R"("repository":"acme/shop","created_at":"2026-09-21T14:13:20Z",)"
                       R"("payload":{"action":"created"}})");
}

TEST_CASE("write_feed_event: the action is null for an event without one") {
  auto entry = sample();
  entry.event.action.clear();
  JsonWriter json;
  wire::write_feed_event(json, entry);
  CHECK(json.text().contains(R"("action":null)"));
}

TEST_CASE("write_feed_event: what the deployment repeats stands beside the body") {
  auto entry = sample();
  entry.repeats = core::Repeats{core::DeploymentKind::promotion, {7}};
  JsonWriter json;
  wire::write_feed_event(json, entry);
  CHECK(json.text().contains(R"("kind":"promotion","origin":7,"payload":{"action":"created"}})"));
}

TEST_CASE("server_sent_event: one line of data, even if the payload has line breaks") {
  auto entry = sample();
  entry.body = "{\"payload\": {\r\n  \"note\": \"a\\nb\"\n}}";
  JsonWriter json;
  wire::write_feed_event(json, entry);
  const std::string text = wire::server_sent_event(entry.event.id, entry.event.kind, json.text());
  CHECK(text.starts_with("id: 12\nevent: deployment\ndata: {"));
  CHECK(text.ends_with("}\n\n"));
  CHECK(std::ranges::count(text, '\n') == 4);
  CHECK_FALSE(text.contains('\r'));
  const auto data = Json::parse(text.substr(text.find("data: ") + 6));
  REQUIRE(data);
  CHECK(data->string_at("payload", "payload", "note") == "a\nb");
}

TEST_CASE("write_feed_event: a pruned body is null, with the reason") {
  auto entry = sample();
  entry.body.reset();
  JsonWriter json;
  wire::write_feed_event(json, entry);
  CHECK(json.text().ends_with(R"(,"payload":null,"reason_code":"body_pruned"})"));
  CHECK_FALSE(json.text().contains("deployment_id"));
  entry.event.deployment_id = DeploymentId{5};
  JsonWriter named;
  wire::write_feed_event(named, entry);
  CHECK(
      named.text().ends_with(R"(,"deployment_id":5,"payload":null,"reason_code":"body_pruned"})"));
}
