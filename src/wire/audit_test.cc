#include "wire/audit.h"

#include <doctest/doctest.h>

using namespace esclusa;

namespace {

std::string text_of(const core::AuditRow& row) {
  JsonWriter json;
  wire::write_audit(json, row);
  return json.take();
}

}  // namespace

TEST_CASE("write_audit: names beside the ids, and null for what a row does not have") {
  core::AuditRow row;
  row.id = {7};
  row.at = Timestamp(std::chrono::seconds(1));
  row.action = "hook.create";
  row.detail = R"({"url":"https://x"})";
  CHECK(text_of(row) ==
        R"({"id":7,"at":"1970-01-01T00:00:01Z","action":"hook.create","actor":null,"token":null,)"
        R"("deploy_key":null,"agent":null,"app":null,"system_user":null,"repository":null,)"
        R"("target_id":0,"request_id":"","detail":{"url":"https://x"}})");
  row.actor = {5, "ada"};
  row.actor_kind = core::AccountKind::user;
  row.token = {12, "laptop"};
  row.deploy_key = {3, std::nullopt};
  row.agent = {4, "web-1"};
  row.app = "shop";
  row.system_user = "root";
  row.repository = {9, "ada/shop"};
  row.is_repository_removed = true;
  row.target_id = 34;
  row.request_id = "request-1";
  CHECK(text_of(row) ==
        R"({"id":7,"at":"1970-01-01T00:00:01Z","action":"hook.create",)"
        R"("actor":{"id":5,"login":"ada","type":"User"},"token":{"id":12,"name":"laptop"},)"
        R"("deploy_key":{"id":3,"title":null},"agent":{"id":4,"name":"web-1"},"app":"shop",)"
        R"("system_user":"root","repository":{"id":9,"full_name":"ada/shop","removed":true},)"
        R"("target_id":34,"request_id":"request-1","detail":{"url":"https://x"}})");
}
