#include "api/route_tables.h"
#include "app/agent_tokens.h"
#include "app/agents_seen.h"
#include "core/operations/server.h"
#include "wire/administration.h"
#include "wire/json_body.h"
#include "wire/list.h"

/// The handlers of `esclusa agent token|tokens|revoke`, reached through the administrator's unix
/// socket.
namespace esclusa::api {
namespace {

Result<http::Response> admin_list_agent_tokens(const Call& call, app::Reader& db) {
  const auto grants =
      TRY(app::list_agent_tokens(db, call.parameter("owner"), call.parameter("repo")));
  const auto seen = app::agents_seen_in(db, grants);
  JsonWriter json;
  wire::write_list(json, grants, [&](JsonWriter& to, const core::AgentGrant& grant) {
    const auto found = seen.find(grant.token.id);
    wire::write_agent_token(to, grant, found == seen.end() ? std::nullopt : found->second);
  });
  return json_response(200, std::move(json));
}

Result<http::Response> admin_create_agent_token(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  core::NewAgentToken input;
  input.owner = call.parameter("owner");
  input.repository = call.parameter("repo");
  input.environments = TRY(body.optional_strings("environments")).value_or(input.environments);
  input.name = TRY(body.string_or("name", ""));
  input.expires_in = TRY(wire::parse_expiry(body));
  const auto minted = TRY(app::create_agent_token(call.context, call.actor, input));
  JsonWriter json;
  wire::write_agent_token(json, minted.grant, std::nullopt, &minted.text);
  return json_response(201, std::move(json));
}

Result<http::Response> admin_revoke_agent_token(const Call& call) {
  TRY(app::revoke_agent_token(call.context, call.actor,
                              TRY(call.id<AgentTokenId>("agent_token_id"))));
  return no_content();
}

#define ADMIN "/esclusa/admin"

// clang-format off
const Route table[] = {
    {"GET", ADMIN "/repositories/{owner}/{repo}/agent-tokens",
     &operations::admin_list_agent_tokens, "", Lane::rows, "", admin_list_agent_tokens},
    {"POST", ADMIN "/repositories/{owner}/{repo}/agent-tokens",
     &operations::admin_create_agent_token, "", Lane::commit, "", admin_create_agent_token},
    {"DELETE", ADMIN "/agent-tokens/{agent_token_id}", &operations::admin_revoke_agent_token, "",
     Lane::commit, "", admin_revoke_agent_token},
};
// clang-format on

}  // namespace

std::span<const Route> agent_administration_routes() { return table; }

}  // namespace esclusa::api
