#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "core/check_run.h"
#include "core/commit.h"
#include "core/commit_status.h"
#include "core/deploy_key.h"
#include "core/deployment.h"
#include "core/deployment_status.h"
#include "core/hook.h"
#include "core/push.h"
#include "core/repository.h"
#include "wire/urls.h"

/// Writes the bodies of events by the published webhook schemas;
/// docs/decisions/0010-event-schemas.md has the decisions for where they differ.
namespace esclusa::wire {

/// The members that all events share, except those about a hook.
struct EventContext {
  const core::Repository& repository;
  const core::Account& sender;
  const Urls& urls;
  /// `event_end` of this context, if it was rendered before; otherwise empty.
  std::string_view end = {};
};

/// The members that all events about a hook share.
struct HookEventContext {
  const core::HookOwner& owner;
  const core::Account& sender;
  const Urls& urls;
};

/// The body as it is delivered: for the hook of an app it also names the installation. The same
/// bytes for each attempt.
std::string delivered_body(std::string body, std::optional<InstallationId> installation);

/// The end of every body of a repository's events: `,"repository":…,"sender":…}`.
std::string event_end(const EventContext& context);
/// Appends that end to the members so far, and returns the whole body.
std::string finish_event(JsonWriter& json, const EventContext& context);
/// A commit's author or committer in the format of events.
void write_event_person(JsonWriter& json, const char* name, const core::Signature& person);

std::string deployment_event(const EventContext& context, const core::Deployment& deployment);
std::string deployment_status_event(const EventContext& context,
                                    const core::DeploymentStatus& status,
                                    const core::Deployment& deployment);
/// `commit` is the status' commit; `branches` are some of the branches that contain it.
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
/// The `meta` event, which reports that the hook was deleted.
std::string meta_event(const HookEventContext& context, const core::Hook& hook);

}  // namespace esclusa::wire
