#include "agent/event.h"

#include "base/limits.h"
#include "base/text.h"
#include "core/ref.h"
#include "wire/json.h"
#include "wire/json_scan.h"

namespace esclusa::agent {
namespace {

/// A text that can stand in an environment variable and in one line of a log.
Result<std::string> one_line(const wire::JsonBody& object, std::string_view name,
                             size_t bytes_max) {
  std::string text = TRY(object.required_string(name));
  if (text.empty() || text.size() > bytes_max || has_control_characters(text)) {
    return fail(ErrorCode::invalid, "`deployment." + std::string(name) +
                                        "` is empty, too long, or has control characters in it");
  }
  return text;
}

}  // namespace

Result<DeploymentEvent> parse_deployment_event(std::string body) {
  const auto event = TRY(wire::JsonBody::parse(body));
  DeploymentEvent result;
  auto repository = event.find("repository");
  auto full_name = repository ? repository->string_at("full_name") : std::nullopt;
  if (!full_name) return fail(ErrorCode::invalid, "`repository.full_name` is missing");
  result.repository = std::move(*full_name);

  const auto text = wire::find_raw_member(body, "deployment");
  if (!text) return fail(ErrorCode::invalid, "`deployment` is missing");
  const auto deployment = TRY(wire::JsonBody::parse(*text));
  auto id = deployment.find("id");
  result.id = id ? id->integer().value_or(0) : 0;
  if (result.id < 1) return fail(ErrorCode::invalid, "`deployment.id` is no positive number");
  constexpr size_t bytes_per_char = 4;
  result.ref = TRY(one_line(deployment, "ref", limits::ref_bytes));
  result.task = TRY(one_line(deployment, "task", limits::task_chars * bytes_per_char));
  result.environment =
      TRY(one_line(deployment, "environment", limits::environment_chars * bytes_per_char));
  result.sha = ascii_lower(TRY(one_line(deployment, "sha", limits::ref_bytes)));
  if (!core::is_full_sha(result.sha)) {
    return fail(ErrorCode::invalid, "`deployment.sha` is not 40 hex digits");
  }
  result.payload = wire::find_raw_member(*text, "payload").value_or("{}");
  result.body = std::move(body);
  return result;
}

bool is_signed(const Secret& secret, std::optional<std::string_view> header,
               std::string_view body) {
  if (secret.empty() || !header) return false;
  return equal_in_constant_time(*header, "sha256=" + hmac_sha256_hex(secret.reveal(), body));
}

}  // namespace esclusa::agent
