#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_writer.h"
#include "core/environment.h"
#include "wire/event_body.h"
#include "wire/urls.h"

/// Custom deployment protection rules, as GitHub's API and its events show them.
namespace esclusa::wire {

/// Reads `integration_id` from the body of `POST …/deployment_protection_rules`.
Result<AppId> parse_new_custom_rule(std::string_view body);
/// The body of `POST …/actions/runs/{run_id}/deployment_protection_rule`: an answer with a state,
/// or a report, which has only a comment.
Result<core::NewCustomRuleAnswer> parse_custom_rule_answer(std::string_view body);

/// GitHub's `custom-deployment-rule-app`.
void write_rule_app(JsonWriter& json, const core::RuleApp& app, const Urls& urls);
/// GitHub's `deployment-protection-rule`; the rule must be a custom one.
void write_custom_rule(JsonWriter& json, const core::ProtectionRule& rule,
                       const core::Repository& repository, const Urls& urls);

/// The event that asks an app for its answer.
std::string protection_rule_requested_event(const EventContext& context,
                                            const core::Deployment& deployment,
                                            const std::string& environment);

}  // namespace esclusa::wire
