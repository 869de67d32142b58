#include "agent/event.h"

#include "base/ids.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

/// The string member of an object; `nullopt` if there is none.
std::optional<std::string> text_at(std::string_view object, std::string_view name) {
  const auto raw = find_raw_member(object, name);
  if (!raw) return std::nullopt;
  const auto json = Json::parse(*raw);
  return json ? json->string() : std::nullopt;
}

/// `body` with `part` replaced by `by`.
std::string with_replaced(std::string_view body, std::string_view part, std::string_view by) {
  const auto begin = static_cast<size_t>(part.data() - body.data());
  std::string text(body.substr(0, begin));
  text += by;
  return text += body.substr(begin + part.size());
}

}  // namespace

Result<DeploymentEvent> parse_deployment_event(std::string body) {
  DeploymentEvent event;
  const auto repository = find_raw_member(body, "repository");
  const auto full_name = text_at(repository.value_or(""), "full_name");
  if (!full_name) return fail(ErrorCode::invalid, "`repository.full_name` is missing");
  event.repository = *full_name;

  const std::string_view deployment = find_raw_member(body, "deployment").value_or("");
  event.id = parse_positive(find_raw_member(deployment, "id").value_or("")).value_or(0);
  if (event.id < 1) return fail(ErrorCode::invalid, "`deployment.id` is no positive number");
  // Whatever parser the command uses, it must read the result of `with_deployment` in the same way.
  if (!scan_json(with_replaced(body, deployment, "{}"))) {
    return fail(ErrorCode::invalid, "it is no valid JSON, or an object in it has a key twice");
  }
  event.ref = text_at(deployment, "ref").value_or("");
  event.sha = ascii_lower(text_at(deployment, "sha").value_or(""));
  event.task = text_at(deployment, "task").value_or("");
  const auto original = text_at(deployment, "original_environment");
  event.environment = original ? *original : text_at(deployment, "environment").value_or("");
  event.body = std::move(body);
  return event;
}

std::vector<std::string> differences(const DeploymentEvent& event,
                                     const client::Deployment& deployment) {
  std::vector<std::string> names;
  if (!event.fault.empty()) return names;
  // The server keeps the body of the event no longer: it only names the deployment.
  if (event.ref.empty() && event.sha.empty() && event.task.empty()) return names;
  if (event.ref != deployment.ref) names.emplace_back("ref");
  if (event.sha != deployment.sha) names.emplace_back("sha");
  if (event.task != deployment.task) names.emplace_back("task");
  if (event.environment != deployment.original_environment) names.emplace_back("environment");
  return names;
}

std::string with_deployment(const DeploymentEvent& event, const client::Deployment& deployment) {
  const auto given = find_raw_member(event.body, "deployment");
  if (!given) return event.body;
  return with_replaced(event.body, *given, deployment.text);
}

bool is_signed(const Secret& secret, std::optional<std::string_view> header,
               std::string_view body) {
  if (secret.empty() || !header) return false;
  return equal_in_constant_time(*header, "sha256=" + hmac_sha256_hex(secret.reveal(), body));
}

}  // namespace esclusa::agent
