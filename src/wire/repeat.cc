#include "wire/repeat.h"

#include "wire/json_body.h"

namespace esclusa::wire {
namespace {

std::optional<DeploymentId> read_id(const Json& value) {
  const auto id = value.integer();
  return id && *id > 0 ? std::optional(DeploymentId{*id}) : std::nullopt;
}

Result<std::optional<core::ExpectedLive>> parse_live(const JsonBody& body) {
  const auto member = body.find("expected_live");
  if (!member || member->is_null()) return std::nullopt;
  if (member->string() == "none") return core::ExpectedLive{};
  const auto id = read_id(*member);
  if (!id) return wrong_type("expected_live", *member, R"(a deployment's id or "none")");
  return core::ExpectedLive{id};
}

Result<void> parse_common(const JsonBody& body, core::NewRepeat& input) {
  input.reason = TRY(body.optional_string("reason"));
  input.expected_sha = TRY(body.optional_string("expected_sha"));
  if (input.expected_sha && !core::is_full_sha(*input.expected_sha)) {
    return fail_request("\"expected_sha\" is not a commit's full SHA.");
  }
  input.expected_live = TRY(parse_live(body));
  return {};
}

}  // namespace

Result<core::NewRollback> parse_new_rollback(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewRollback input;
  TRY(parse_common(body, input));
  input.task = TRY(body.string_or("task", input.task));
  if (const auto to = body.find("to"); to && !to->is_null()) {
    input.to = read_id(*to);
    if (!input.to) return wrong_type("to", *to, "a deployment's id");
  }
  return input;
}

Result<core::NewPromotion> parse_new_promotion(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewPromotion input;
  TRY(parse_common(body, input));
  input.from = TRY(body.required_string("from"));
  input.task = TRY(body.string_or("task", input.task));
  input.required_contexts = TRY(body.optional_strings("required_contexts"));
  input.transient_environment =
      TRY(body.boolean_or("transient_environment", input.transient_environment));
  input.production_environment = TRY(body.optional_boolean("production_environment"));
  return input;
}

Result<core::NewRedeploy> parse_new_redeploy(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewRedeploy input;
  TRY(parse_common(body, input));
  input.required_contexts = TRY(body.optional_strings("required_contexts"));
  return input;
}

}  // namespace esclusa::wire
