#pragma once
#include <string>
#include <vector>

#include "core/check_run.h"
#include "core/commit.h"
#include "core/commit_status.h"
#include "core/deploy_key.h"
#include "core/deployment.h"
#include "core/deployment_status.h"
#include "core/hook.h"
#include "core/push.h"
#include "core/repository.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

/// The bodies of events, as the published webhook schemas have them; where those differ, as
/// docs/decisions/0010-event-schemas.md says.
namespace esclusa::wire {

/// What every event says of its surroundings.
struct EventContext {
  const core::Repository& repository;
  const core::Account& sender;
  const Urls& urls;
};

/// What the events about a hook itself say of its surroundings.
struct HookEventContext {
  const core::HookOwner& owner;
  const core::Account& sender;
  const Urls& urls;
};

/// Writes the members that close every event of a repository; the whole body.
std::string finish_event(JsonWriter& json, const EventContext& context);
/// A commit's author or committer, as events have them.
void write_event_person(JsonWriter& json, const char* name, const core::Signature& person);

std::string deployment_event(const EventContext& context, const core::Deployment& deployment);
std::string deployment_status_event(const EventContext& context,
                                    const core::DeploymentStatus& status,
                                    const core::Deployment& deployment);
/// `commit` is the one that the status is about, `branches` some that have it.
std::string status_event(const EventContext& context, const core::CommitStatus& status,
                         const core::Commit& commit, const std::vector<core::Branch>& branches);
/// `action` is `created` or `completed`.
std::string check_run_event(const EventContext& context, std::string_view action,
                            const core::CheckRun& run);
/// `action` is `created` or `deleted`.
std::string deploy_key_event(const EventContext& context, std::string_view action,
                             const core::DeployKey& key);
std::string push_event(const EventContext& context, const core::Push& push);
std::string ping_event(const HookEventContext& context, const core::Hook& hook);
/// The hook was deleted.
std::string meta_event(const HookEventContext& context, const core::Hook& hook);

}  // namespace esclusa::wire
