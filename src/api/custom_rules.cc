#include "app/custom_rules.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/deployments.h"
#include "wire/custom_rule.h"
#include "wire/environment.h"
#include "wire/list.h"

/// Custom rules of an environment, and the answers of their apps.
namespace esclusa::api {
namespace {

const std::string& environment_of(const Call& call) { return call.parameter("environment_name"); }

http::Response rule_response(const Call& call, int status, const core::ProtectionRule& rule) {
  JsonWriter json;
  wire::write_custom_rule(json, rule, call.repository(), call.urls);
  return json_response(status, std::move(json));
}

Result<http::Response> list_custom_rules(const Call& call, app::Reader& db) {
  const auto rules = TRY(app::list_custom_rules(db, call.access(), environment_of(call)));
  JsonWriter json;
  wire::write_counted_list(json, static_cast<int64_t>(rules.size()),
                           "custom_deployment_protection_rules", rules,
                           [&](JsonWriter& to, const core::ProtectionRule& rule) {
                             wire::write_custom_rule(to, rule, call.repository(), call.urls);
                           });
  return json_response(200, std::move(json));
}

Result<http::Response> create_custom_rule(const Call& call) {
  const AppId app = TRY(wire::parse_new_custom_rule(call.request.body));
  const auto rule =
      TRY(app::create_custom_rule(call.context, call.access(), environment_of(call), app));
  http::Response response = rule_response(call, 201, rule);
  response.headers.add("Location",
                       wire::environment_url(call.urls, call.repository(), environment_of(call)) +
                           "/deployment_protection_rules/" + std::to_string(rule.id.value));
  return response;
}

Result<http::Response> list_available_apps(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto apps = TRY(app::list_available_apps(db, call.access(), environment_of(call)));
  const auto total = static_cast<int64_t>(apps.size());
  JsonWriter json;
  wire::write_counted_list(
      json, total, "available_custom_deployment_protection_rule_integrations", page.cut(apps),
      [&](JsonWriter& to, const core::RuleApp& app) { wire::write_rule_app(to, app, call.urls); });
  return with_link(json_response(200, std::move(json)), call, page, total);
}

Result<http::Response> get_custom_rule(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<ProtectionRuleId>("protection_rule_id"));
  return rule_response(call, 200,
                       TRY(app::get_custom_rule(db, call.access(), environment_of(call), id)));
}

Result<http::Response> delete_custom_rule(const Call& call) {
  const auto id = TRY(call.id<ProtectionRuleId>("protection_rule_id"));
  TRY(app::delete_custom_rule(call.context, call.access(), environment_of(call), id));
  return no_content();
}

Result<http::Response> answer_custom_rule(const Call& call) {
  const auto id = TRY(call.id<DeploymentId>("run_id"));
  const auto answer = TRY(wire::parse_custom_rule_answer(call.request.body));
  TRY(app::answer_custom_rule(call.context, call.access(), id, answer));
  return no_content();
}

#define CUSTOM_RULES REPOSITORY "/environments/{environment_name}/deployment_protection_rules"

// clang-format off
const Route table[] = {
    {"GET", CUSTOM_RULES, &operations::list_custom_rules, "", Lane::rows,
     "deployments/protection-rules#get-all-deployment-protection-rules-for-an-environment",
     list_custom_rules},
    {"POST", CUSTOM_RULES, &operations::create_custom_rule, "", Lane::commit,
     "deployments/protection-rules#create-a-custom-deployment-protection-rule-on-an-environment",
     create_custom_rule},
    {"GET", CUSTOM_RULES "/apps", &operations::list_available_apps, "", Lane::rows,
     "deployments/protection-rules"
     "#list-custom-deployment-rule-integrations-available-for-an-environment",
     list_available_apps},
    {"GET", CUSTOM_RULES "/{protection_rule_id}", &operations::get_custom_rule, "", Lane::loop,
     "deployments/protection-rules#get-a-custom-deployment-protection-rule", get_custom_rule},
    {"DELETE", CUSTOM_RULES "/{protection_rule_id}", &operations::delete_custom_rule, "",
     Lane::commit,
     "deployments/protection-rules#disable-a-custom-protection-rule-for-an-environment",
     delete_custom_rule},
    {"POST", RUN "/deployment_protection_rule", &operations::answer_custom_rule, "", Lane::commit,
     "actions/workflow-runs"
     "#review-custom-deployment-protection-rules-for-a-workflow-run",
     answer_custom_rule},
};
// clang-format on

}  // namespace

std::span<const Route> custom_rules_routes() { return table; }

}  // namespace esclusa::api
