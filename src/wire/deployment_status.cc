#include "wire/deployment_status.h"

#include "wire/account.h"
#include "wire/app.h"
#include "wire/enums.h"
#include "wire/json_body.h"
#include "wire/node_id.h"

namespace esclusa::wire {

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
  write_performing_app(json, status.app.get(), urls);
  json.end_object();
}

}  // namespace esclusa::wire
