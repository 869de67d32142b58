#include "wire/gate_report.h"

#include "wire/environment.h"

namespace esclusa::wire {

void write_gates(JsonWriter& json, const std::vector<core::GateVerdict>& verdicts) {
  json.begin_array();
  for (const core::GateVerdict& verdict : verdicts) {
    json.begin_object()
        .member("kind", core::to_name(verdict.kind))
        .member("rule_id", verdict.rule_id.value)
        .member("state", core::to_name(verdict.state))
        .member("reason_code", verdict.reason_code)
        .member("message", verdict.message);
    json.key("openers").begin_array();
    for (const core::Reviewer& opener : verdict.openers) json.value(opener.name);
    json.end_array().member("opens_at", verdict.opens_at).end_object();
  }
  json.end_array();
}

void write_gate_report(JsonWriter& json, const core::GateReport& report,
                       const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("deployment_id", report.deployment.id.value)
      .member("deployment_url", urls.deployment(repository, report.deployment.id))
      .member("phase", core::to_name(report.deployment.phase))
      .member("ref", report.deployment.ref)
      .member("sha", report.deployment.sha)
      .key("environment");
  if (report.environment) {
    begin_environment(json, report.environment->id, report.environment->name.name, repository,
                      urls);
    json.member("can_admins_bypass", report.environment->can_admins_bypass)
        .member("is_new", report.environment->created_at == report.deployment.created_at)
        .end_object();
  } else {
    json.value(nullptr);
  }
  json.key("gates");
  write_gates(json, report.verdicts);
  json.end_object();
}

}  // namespace esclusa::wire
