#include "wire/deployment.h"

#include "base/json_scan.h"
#include "wire/account.h"
#include "wire/enums.h"
#include "wire/node_id.h"

namespace esclusa::wire {
namespace {

/// An object or a string as JSON text; `{}` if it is absent or null.
Result<std::string> parse_payload(const JsonBody& body) {
  auto payload = body.find("payload");
  if (!payload || payload->is_null()) return "{}";
  if (!payload->is_object() && !payload->is_string()) {
    return fail_request("No subschema in \"anyOf\" matched.");
  }
  std::string text = body.raw_member("payload").value();
  if (nesting_depth(text) > payload_depth) {
    return fail_validation(
        {"Deployment", "payload", "custom",
         "payload is nested too deeply (maximum is " + std::to_string(payload_depth) + " levels)"},
        "payload_too_deep");
  }
  return text;
}

}  // namespace

Result<core::NewDeployment> parse_new_deployment(std::string_view text) {
  JsonBody body = TRY(JsonBody::parse(text));
  core::NewDeployment input;
  input.ref = TRY(body.required_string("ref"));
  input.task = TRY(body.string_or("task", input.task));
  input.auto_merge = TRY(body.boolean_or("auto_merge", input.auto_merge));
  input.required_contexts = TRY(body.optional_strings("required_contexts"));
  input.payload = TRY(parse_payload(body));
  input.environment = TRY(body.string_or("environment", input.environment));
  input.description = TRY(body.optional_string("description"));
  input.transient_environment =
      TRY(body.boolean_or("transient_environment", input.transient_environment));
  input.production_environment = TRY(body.optional_boolean("production_environment"));
  input.expected_sha = TRY(body.optional_string("expected_sha"));
  if (input.expected_sha && !core::is_full_sha(*input.expected_sha)) {
    return fail_request("\"expected_sha\" is not a commit's full SHA.");
  }
  return input;
}

Result<core::NewDeploymentStatus> parse_new_status(std::string_view text) {
  JsonBody body = TRY(JsonBody::parse(text));
  core::NewDeploymentStatus input;
  const std::string state = TRY(body.required_string("state"));
  auto known = core::from_name<core::DeploymentState>(state);
  constexpr auto ours = core::DeploymentState::waiting;
  if (!known || known == ours) return not_a_member(state, std::optional(ours));
  input.state = *known;
  // log_url is the newer name of target_url; each of them sets both.
  input.target_url = TRY(body.string_or("target_url", ""));
  const std::string log_url = TRY(body.string_or("log_url", ""));
  if (!log_url.empty()) input.target_url = log_url;
  input.description = TRY(body.string_or("description", ""));
  input.environment = TRY(body.optional_string("environment"));
  if (input.environment && input.environment->empty()) input.environment.reset();
  input.environment_url = TRY(body.string_or("environment_url", ""));
  input.auto_inactive = TRY(body.boolean_or("auto_inactive", input.auto_inactive));
  return input;
}

void write_deployment(JsonWriter& json, const core::Deployment& deployment,
                      const core::Repository& repository, const Urls& urls) {
  const std::string url = urls.deployment(repository, deployment.id);
  json.begin_object()
      .member("url", url)
      .member("id", deployment.id.value)
      .member("node_id", node_id("DE", {repository.id.value, deployment.id.value}))
      .member("task", deployment.task)
      .member("original_environment", deployment.original_environment.name)
      .member("environment", deployment.environment.name)
      .member("description", deployment.description)
      .member("created_at", deployment.created_at)
      .member("updated_at", deployment.updated_at)
      .member("statuses_url", url + "/statuses")
      .member("repository_url", urls.repository(repository));
  json.key("creator");
  write_account(json, deployment.creator, urls);
  json.member("sha", deployment.sha).member("ref", deployment.ref);
  json.key("payload").raw(deployment.payload);
  json.member("transient_environment", deployment.transient_environment)
      .member("production_environment", deployment.production_environment)
      .member("performed_via_github_app", nullptr)
      .end_object();
}

void write_status(JsonWriter& json, const core::DeploymentStatus& status,
                  const core::Repository& repository, const Urls& urls, StatusAudience audience) {
  const std::string deployment_url = urls.deployment(repository, status.deployment_id);
  json.begin_object()
      .member("url", deployment_url + "/statuses/" + std::to_string(status.id.value))
      .member("id", status.id.value)
      .member("node_id", node_id("DES", {repository.id.value, status.id.value}))
      .member("state", core::to_name(status.state));
  json.key("creator");
  write_account(json, status.creator, urls);
  json.member("description", status.description)
      .member("environment", status.environment.name)
      .member("target_url", status.target_url)
      .member("created_at", status.created_at)
      .member("updated_at", status.updated_at)
      .member("deployment_url", deployment_url)
      .member("repository_url", urls.repository(repository))
      .member("environment_url", status.environment_url);
  if (audience == StatusAudience::answer || !status.target_url.empty()) {
    json.member("log_url", status.target_url);
  }
  json.member("performed_via_github_app", nullptr).end_object();
}

}  // namespace esclusa::wire
