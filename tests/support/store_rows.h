#pragma once
#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "store/accounts.h"
#include "store/delivery_queue.h"
#include "store/deployment_statuses.h"
#include "store/deployments.h"
#include "store/events.h"
#include "store/hooks.h"
#include "store/repositories.h"
#include "store/teams.h"

/// Rows for tests: each function inserts one row with ordinary values, and returns it as it was
/// read back.
namespace esclusa::test {

/// A time in microseconds after an arbitrary moment.
constexpr Timestamp at(int64_t micros) { return from_micros(1'700'000'000'000'000 + micros); }

template <class T>
T found(std::optional<T> value) {
  if (!value) throw std::runtime_error("a row that should be there is not");
  return *std::move(value);
}

inline const Sealer& sealer() {
  static const Sealer made = [] {
    init_crypto();
    return Sealer(Secret(std::string(Sealer::key_bytes, 'k')));
  }();
  return made;
}

inline core::Account add_account(sql::Writer& tx, const std::string& login,
                                 core::AccountKind kind = core::AccountKind::user) {
  core::Account account;
  account.login = login;
  account.kind = kind;
  account.created_at = at(0);
  return found(store::find_account(tx, found(store::insert_account(tx, account))));
}

inline core::Team add_team(sql::Writer& tx, const core::Account& organization,
                           const std::string& name,
                           core::TeamPrivacy privacy = core::TeamPrivacy::closed) {
  core::Team team;
  team.organization = organization;
  team.name = name;
  team.slug = core::team_slug(name);
  team.privacy = privacy;
  team.created_at = team.updated_at = at(1);
  return found(store::find_team(tx, found(store::insert_team(tx, team))));
}

inline core::Repository add_repository(sql::Writer& tx, const core::Account& owner,
                                       const std::string& name) {
  core::Repository repository;
  repository.owner = owner;
  repository.name = name;
  repository.path = "/srv/git/" + name + ".git";
  repository.default_branch = "main";
  repository.created_at = at(0);
  return found(store::find_repository(tx, found(store::insert_repository(tx, repository))));
}

/// A actor that acts as an account, without a token.
inline core::Actor actor_of(const core::Account& account) {
  return core::Actor::by_session(account).in_request("request-1");
}

/// What most tests need: an account with a repository.
struct Sample {
  core::Account ada;
  core::Repository repository;
  core::Actor actor = core::Actor::nobody();

  explicit Sample(sql::Writer& tx, const std::string& name = "application") {
    auto known = store::find_account(tx, "ada");
    ada = known ? *known : add_account(tx, "ada");
    repository = add_repository(tx, ada, name);
    actor = actor_of(ada);
  }

  core::EnvironmentName environment(sql::Writer& tx, const std::string& name) const {
    return store::ensure_environment_name(tx, repository.id, name, at(0));
  }

  core::Deployment deployment(sql::Writer& tx, const std::string& environment_name,
                              const std::string& ref = "main", const std::string& task = "deploy",
                              const std::string& sha = std::string(40, 'a')) const {
    core::Deployment deployment;
    deployment.repository_id = repository.id;
    deployment.environment = environment(tx, environment_name);
    deployment.original_environment = deployment.environment;
    deployment.ref = ref;
    deployment.sha = sha;
    deployment.task = task;
    deployment.payload = "{}";
    deployment.creator = ada;
    deployment.created_at = deployment.updated_at = at(0);
    deployment.id = store::insert_deployment(tx, deployment, actor);
    return found(store::find_deployment(tx, repository.id, deployment.id));
  }

  core::DeploymentStatus status(sql::Writer& tx, const core::Deployment& deployment,
                                core::DeploymentState state) const {
    core::DeploymentStatus status;
    status.deployment_id = deployment.id;
    status.repository_id = repository.id;
    status.state = state;
    status.environment = deployment.environment;
    status.creator = ada;
    status.created_at = status.updated_at = at(0);
    status.id = store::insert_status(tx, deployment, status, actor);
    return found(store::find_status(tx, deployment.id, status.id));
  }

  core::Hook hook(sql::Writer& tx, const std::vector<std::string>& events = {"*"},
                  const std::string& url = "http://127.0.0.1:1/hook",
                  const std::string& secret = "") const {
    core::Hook hook;
    hook.target = repository.id;
    hook.url = url;
    hook.content_type = core::HookContentType::json;
    hook.secret = Secret(secret);
    hook.events = events;
    hook.created_at = at(0);
    const HookId id = store::insert_hook(tx, sealer(), hook, ada.id);
    return found(store::find_hook(tx, sealer(), repository.id, id));
  }

  /// An event without a deployment; it is ordered with those of the same environment.
  core::Event event(const std::string& kind, std::optional<EnvironmentNameId> environment = {},
                    Timestamp created_at = at(0)) const {
    core::Event event;
    event.guid = random_uuid();
    event.repository_id = repository.id;
    event.environment_id = environment;
    event.kind = kind;
    event.action = "created";
    event.created_at = created_at;
    return event;
  }
};

/// Everything that may be sent now, the oldest first.
inline std::vector<store::DueDelivery> list_due(sql::Reader& db, Timestamp now) {
  std::vector<store::DueDelivery> all;
  for (const store::DeliveryLane& lane : store::list_lanes(db, {}, 1000)) {
    if (!lane.has_order()) {
      std::ranges::move(store::list_unordered(db, sealer(), now, {lane.hook, 1000}),
                        std::back_inserter(all));
    } else if (auto oldest = store::find_due_in(db, sealer(), now, lane)) {
      all.push_back(*std::move(oldest));
    }
  }
  std::ranges::sort(all, {}, &store::DueDelivery::id);
  return all;
}

/// An attempt as the worker records one.
inline store::DeliveryAttempt sample_attempt(int status_code, const std::string& status) {
  store::DeliveryAttempt attempt;
  attempt.attempted_at = at(100);
  attempt.duration = std::chrono::microseconds(1234);
  attempt.status_code = status_code;
  attempt.status = status;
  attempt.request_headers = R"({"A":"b"})";
  attempt.response_headers = R"({"C":"d"})";
  attempt.response_body = "thanks";
  return attempt;
}

}  // namespace esclusa::test
