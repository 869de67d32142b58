#include "wire/claim.h"

#include "wire/json_body.h"

namespace esclusa::wire {

Result<core::NewClaim> parse_new_claim(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewClaim input;
  const auto member = body.find("seconds");
  if (!member || member->is_null()) return input;
  input.seconds = member->integer();
  if (!input.seconds) return wrong_type("seconds", *member, "an integer");
  return input;
}

void write_claim(JsonWriter& json, const core::DeploymentClaim& claim, const core::GateTime& now) {
  json.begin_object()
      .member("fence", claim.id.value)
      .member("state", core::to_name(claim.state))
      .member("owner", claim.owner.login);
  if (claim.agent.empty()) {
    json.member("agent", nullptr);
  } else {
    json.member("agent", claim.agent);
  }
  json.member("claimed_at", claim.claimed_at)
      .member("started_at", claim.started_at)
      .member("expires_at", core::claim_ends_at(claim, now))
      .end_object();
}

}  // namespace esclusa::wire
