#include "core/audit.h"

#include <doctest/doctest.h>

using namespace esclusa::core;
using Kind = AuditAuthor::Kind;

TEST_CASE("parse_audit_author: a login, an agent by its token, or a system user") {
  const auto ada = parse_audit_author("ada").value();
  CHECK(ada.kind == Kind::account);
  CHECK(ada.name == "ada");
  CHECK(parse_audit_author("shop[bot]").value().name == "shop[bot]");
  const auto agent = parse_audit_author("agent:7").value();
  CHECK(agent.kind == Kind::agent_token);
  CHECK(agent.agent_token_id == 7);
  const auto root = parse_audit_author("system:uid:1234").value();
  CHECK(root.kind == Kind::system_user);
  CHECK(root.name == "uid:1234");
  for (const char* wrong : {"agent:", "agent:web-1", "agent:-1", "agent:0"}) {
    CHECK(parse_audit_author(wrong).error().reason_code == "invalid_author");
  }
}

TEST_CASE("check_action_filter: the name of an action, or the beginning of several") {
  CHECK(check_action_filter("deployment.create"));
  CHECK(check_action_filter("claim."));
  CHECK(is_action_prefix("claim."));
  CHECK_FALSE(is_action_prefix("claim.create"));
  for (const char* wrong : {"claim.*", "Claim.create", "claim create", "claim%"}) {
    CHECK(check_action_filter(wrong).error().reason_code == "invalid_action");
  }
}
