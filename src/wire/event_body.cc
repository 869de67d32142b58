#include "wire/event_body.h"

#include "wire/account.h"
#include "wire/deployment.h"
#include "wire/hook.h"
#include "wire/repository.h"

namespace esclusa::wire {
namespace {

void write_organization_member(JsonWriter& json, const core::Account& owner, const Urls& urls) {
  if (owner.kind != core::AccountKind::organization) return;
  json.key("organization");
  write_simple_organization(json, owner, urls);
}

std::string finish_with_sender(JsonWriter& json, const core::Account& sender, const Urls& urls) {
  json.key("sender");
  write_account(json, sender, urls);
  json.end_object();
  return json.take();
}

/// The members that close every event of a repository.
std::string finish(JsonWriter& json, const EventContext& context) {
  json.key("repository");
  write_repository(json, context.repository, context.urls);
  write_organization_member(json, context.repository.owner, context.urls);
  return finish_with_sender(json, context.sender, context.urls);
}

/// The same of a hook, which may be an organization's.
std::string finish(JsonWriter& json, const HookEventContext& context) {
  if (auto* repository = std::get_if<core::Repository>(&context.owner)) {
    return finish(json, EventContext{*repository, context.sender, context.urls});
  }
  write_organization_member(json, std::get<core::Account>(context.owner), context.urls);
  return finish_with_sender(json, context.sender, context.urls);
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

std::string ping_event(const HookEventContext& context, const core::Hook& hook) {
  JsonWriter json;
  json.begin_object()
      .member("zen", "A gate opens when the levels agree.")
      .member("hook_id", hook.id.value);
  json.key("hook");
  write_pinged_hook(json, hook, context.owner, context.urls);
  return finish(json, context);
}

}  // namespace esclusa::wire
