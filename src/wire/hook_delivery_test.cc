#include "wire/hook_delivery.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::wire;

namespace {

core::HookDelivery delivery() {
  core::HookDelivery delivery;
  delivery.id = {12};
  delivery.delivery_id = {3};
  delivery.guid = "58474f00-b361-11eb-836d-0e4f3503ccbe";
  delivery.delivered_at = from_micros(1'620'851'624'000'000);
  delivery.redelivery = true;
  delivery.duration = std::chrono::microseconds(30'400);
  delivery.status = "Invalid HTTP Response: 403";
  delivery.status_code = 403;
  delivery.event = "deployment";
  delivery.action = "created";
  delivery.repository_id = RepositoryId{7};
  return delivery;
}

const std::string members =
    R"("id":12,"guid":"58474f00-b361-11eb-836d-0e4f3503ccbe",)"
    R"("delivered_at":"2021-05-12T20:33:44Z","redelivery":true,"duration":0.030,)"
    R"("status":"Invalid HTTP Response: 403","status_code":403,"event":"deployment",)"
    R"("action":"created","installation_id":null,"repository_id":7,"throttled_at":null)";

std::string item(const core::HookDelivery& delivery) {
  JsonWriter json;
  write_hook_delivery(json, delivery);
  return json.take();
}

}  // namespace

TEST_CASE("write_hook_delivery: GitHub's members in GitHub's order") {
  CHECK(item(delivery()) == "{" + members + "}");
}

TEST_CASE("write_hook_delivery: an event without an action, and the format of durations") {
  auto ping = delivery();
  ping.action = "";
  ping.duration = std::chrono::seconds(10);
  CHECK(item(ping).contains(R"("action":null)"));
  CHECK(item(ping).contains(R"("duration":10.000,)"));
}

TEST_CASE("write_hook_delivery_record: the payload is JSON as sent, the response is a string") {
  core::HookDeliveryRecord record;
  record.delivery = delivery();
  record.url = "http://x/in";
  record.request_headers = R"({"X-GitHub-Event":"deployment"})";
  record.request_payload = R"({"n": 1.0})";
  record.response_headers = "{}";
  record.response_payload = "a \"b\"";
  JsonWriter json;
  write_hook_delivery_record(json, record);
  CHECK(json.text() == "{" + members +
                           R"(,"url":"http://x/in","request":{"headers":)"
                           R"({"X-GitHub-Event":"deployment"},"payload":{"n": 1.0}},)"
                           R"("response":{"headers":{},"payload":"a \"b\""}})");
}

TEST_CASE("write_hook_delivery_record: a pruned body is null, with the reason") {
  core::HookDeliveryRecord record;
  record.delivery = delivery();
  record.request_headers = record.response_headers = "{}";
  JsonWriter json;
  write_hook_delivery_record(json, record);
  CHECK(json.text().contains(
      R"("request":{"headers":{},"payload":null,"reason_code":"body_pruned"})"));
}
