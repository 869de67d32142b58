#include "wire/deployment.h"

#include "base/json_scan.h"
#include "wire/account.h"
#include "wire/app.h"
#include "wire/enums.h"
#include "wire/json_body.h"
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

void write_auto_merged(JsonWriter& json, const std::string& message) {
  json.begin_object().member("message", message).end_object();
}

void write_log_size(JsonWriter& json, int64_t size_bytes) {
  json.begin_object().member("size", size_bytes).end_object();
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
      .member("production_environment", deployment.production_environment);
  write_performing_app(json, deployment.app.get(), urls);
  json.end_object();
}

}  // namespace esclusa::wire
