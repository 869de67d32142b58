#include "wire/live.h"

#include "wire/list.h"

namespace esclusa::wire {
namespace {

void write_short(JsonWriter& json, const core::Deployment& deployment,
                 const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("id", deployment.id.value)
      .member("sha", deployment.sha)
      .member("ref", deployment.ref);
  if (deployment.state) {
    json.member("state", core::to_name(*deployment.state));
  } else {
    json.member("state", nullptr);
  }
  json.member("description", deployment.description)
      .member("creator", deployment.creator.login)
      .member("production_environment", deployment.production_environment)
      .member("transient_environment", deployment.transient_environment)
      .member("kind", core::to_name(core::kind_of(deployment)))
      .member("origin",
              deployment.repeats ? std::optional(deployment.repeats->origin.value) : std::nullopt)
      .member("created_at", deployment.created_at)
      .member("updated_at", deployment.updated_at)
      .member("url", urls.deployment(repository, deployment.id))
      .end_object();
}

}  // namespace

void write_live(JsonWriter& json, const core::Live& live, const core::Repository& repository,
                const Urls& urls) {
  json.begin_object()
      .member("repository", repository.full_name())
      .member("environment", live.environment.name)
      .member("task", live.task);
  json.key("live");
  if (live.live) {
    write_short(json, *live.live, repository, urls);
  } else {
    json.value(nullptr);
  }
  json.key("latest");
  write_short(json, live.latest, repository, urls);
  json.member("waiting_count", live.waiting_count).key("transient");
  write_list(json, live.transient, [&](JsonWriter& to, const core::Deployment& deployment) {
    write_short(to, deployment, repository, urls);
  });
  json.end_object();
}

}  // namespace esclusa::wire
