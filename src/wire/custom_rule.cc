#include "wire/custom_rule.h"

#include "base/text.h"
#include "wire/deployment.h"
#include "wire/enums.h"
#include "wire/node_id.h"

namespace esclusa::wire {

Result<AppId> parse_new_custom_rule(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  const auto member = body.find("integration_id");
  if (!member) return fail_request("\"integration_id\" wasn't supplied.");
  const auto id = member->integer();
  if (!id) return wrong_type("integration_id", *member, "an integer");
  return AppId{*id};
}

Result<core::NewCustomRuleAnswer> parse_custom_rule_answer(std::string_view text) {
  using enum core::CustomRuleState;
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewCustomRuleAnswer answer;
  answer.environment = TRY(body.required_string("environment_name"));
  const auto state = TRY(body.optional_string("state"));
  if (!state) {
    answer.comment = TRY(body.required_string("comment"));
    return answer;
  }
  const auto known = core::from_name<core::CustomRuleState>(*state);
  // A report has no state.
  if (!known || known == reported) return not_a_member(*state, std::optional(reported));
  answer.state = *known;
  answer.comment = TRY(body.string_or("comment", ""));
  return answer;
}

void write_rule_app(JsonWriter& json, const core::RuleApp& app, const Urls& urls) {
  json.begin_object()
      .member("id", app.id.value)
      .member("slug", app.slug)
      .member("integration_url", urls.api + "/apps/" + percent_encode(app.slug))
      .member("node_id", older_node_id("Integration", app.id.value))
      .end_object();
}

void write_custom_rule(JsonWriter& json, const core::ProtectionRule& rule,
                       const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("id", rule.id.value)
      .member("node_id", node_id("GA", {repository.id.value, rule.id.value}))
      .member("enabled", true)
      .key("app");
  write_rule_app(json, std::get<core::CustomRule>(rule.gate).app, urls);
  json.end_object();
}

std::string protection_rule_requested_event(const EventContext& context,
                                            const core::Deployment& deployment,
                                            const std::string& environment) {
  JsonWriter json;
  json.begin_object()
      .member("action", "requested")
      .member("environment", environment)
      .member("event", "deployment")
      .member("deployment_callback_url",
              context.urls.repository(context.repository) + "/actions/runs/" +
                  std::to_string(deployment.id.value) + "/deployment_protection_rule");
  json.key("deployment");
  write_deployment(json, deployment, context.repository, context.urls);
  json.key("pull_requests").begin_array().end_array();
  return finish_event(json, context);
}

}  // namespace esclusa::wire
