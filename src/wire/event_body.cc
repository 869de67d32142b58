#include "wire/event_body.h"

#include "wire/account.h"
#include "wire/deployment.h"
#include "wire/hook.h"
#include "wire/repository.h"

namespace esclusa::wire {
namespace {

/// The members that close every event.
std::string finish(JsonWriter& json, const EventContext& context) {
  json.key("repository");
  write_repository(json, context.repository, context.urls);
  if (context.repository.owner.kind == core::AccountKind::organization) {
    json.key("organization");
    write_simple_organization(json, context.repository.owner, context.urls);
  }
  json.key("sender");
  write_account(json, context.sender, context.urls);
  json.end_object();
  return json.take();
}

}  // namespace

std::string deployment_event(const EventContext& context, const core::Deployment& deployment) {
  JsonWriter json;
  json.begin_object().member("action", "created");
  json.key("deployment");
  write_deployment(json, deployment, context.repository, context.urls);
  json.member("workflow", nullptr).member("workflow_run", nullptr);
  return finish(json, context);
}

std::string deployment_status_event(const EventContext& context,
                                    const core::DeploymentStatus& status,
                                    const core::Deployment& deployment) {
  JsonWriter json;
  json.begin_object().member("action", "created");
  json.key("deployment_status");
  write_status(json, status, context.repository, context.urls, StatusAudience::event);
  json.key("deployment");
  write_deployment(json, deployment, context.repository, context.urls);
  return finish(json, context);
}

std::string ping_event(const EventContext& context, const core::Hook& hook) {
  JsonWriter json;
  json.begin_object()
      .member("zen", "A gate opens when the levels agree.")
      .member("hook_id", hook.id.value);
  json.key("hook");
  // The published schema knows a ping's hook only as one that was never used.
  core::Hook unused = hook;
  unused.last_response = {};
  write_hook(json, unused, context.repository, context.urls);
  return finish(json, context);
}

}  // namespace esclusa::wire
