#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/boot_clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/app.h"
#include "core/deployment_kind.h"
#include "core/enum_names.h"
#include "core/ref.h"
#include "core/repository.h"
#include "core/time_range.h"

namespace esclusa::core {

/// GitHub's states of a deployment status. Only the server sets `waiting`.
enum class DeploymentState {
  error,
  failure,
  inactive,
  in_progress,
  queued,
  pending,
  success,
  waiting,
};

/// The phase of a deployment: its event is held back, its event was sent, or it ended before that.
enum class DeploymentPhase { held, released, ended };

/// An environment's name. It outlives the environment and keeps its first spelling.
struct EnvironmentName {
  EnvironmentNameId id;
  std::string name;
};

/// A request to deploy one commit. Only phase, state, environment and times ever change.
struct Deployment {
  DeploymentId id;
  RepositoryId repository_id;
  EnvironmentName environment;
  EnvironmentName original_environment;
  std::string ref;  ///< as given in the request
  RefKind ref_kind = RefKind::commit;
  std::string ref_name = {};  ///< the full name it resolved to; empty for a commit
  std::string sha;
  std::string task;
  std::string payload;  ///< JSON text, an object or a string, as received
  std::optional<std::string> description;
  Account creator;
  std::shared_ptr<const App> app = nullptr;  ///< by which the creator acted; null: by none
  std::optional<Repeats> repeats = {};       ///< nothing: it was made of its own
  bool transient_environment = false;
  bool production_environment = false;
  DeploymentPhase phase = DeploymentPhase::released;
  std::optional<DeploymentState> state;  ///< of the latest status; nothing if there is no status
  BootTime boot = {};                    ///< the boot clock at the creation
  Timestamp created_at{};
  Timestamp updated_at{};
};

inline DeploymentKind kind_of(const Deployment& deployment) {
  return deployment.repeats ? deployment.repeats->kind : DeploymentKind::deploy;
}

/// The deployment that a request repeats: what it is, and its ref as it resolved then.
struct Origin {
  Repeats repeats;
  ResolvedRef ref;
};

/// What the client takes to be live in the environment for the task; nothing: no deployment.
struct ExpectedLive {
  std::optional<DeploymentId> id;
};

/// The body of `POST /repos/{owner}/{repo}/deployments`, with GitHub's defaults.
struct NewDeployment {
  std::string ref;
  std::string task = "deploy";
  bool auto_merge = true;
  std::optional<std::vector<std::string>> required_contexts;  ///< nothing: all; empty: none
  std::string payload = "{}";
  std::string environment = "production";
  std::optional<std::string> description;
  bool transient_environment = false;
  std::optional<bool> production_environment;  ///< default: true if the name is `production`
  /// Esclusa's own: refuse (409) unless the ref resolves to this commit.
  std::optional<std::string> expected_sha;
  /// Esclusa's own: refuse (409) unless this is live when the deployment is inserted.
  std::optional<ExpectedLive> expected_live = {};
  /// Esclusa's own, never from the body: the deployment that this one repeats. Then the ref is not
  /// resolved again.
  std::optional<Origin> origin = {};
};

/// Exact matches; an empty or absent filter selects all. `environment` and `creator` are compared
/// case-insensitively. The last three are Esclusa's own.
struct DeploymentFilter {
  std::string sha = {};
  std::string ref = {};
  std::string task = {};
  std::string environment = {};
  std::optional<DeploymentState> state = {};  ///< of the latest status
  std::string creator = {};                   ///< a login
  TimeRange created = {};
};

/// The facts that the decision needs. They are gathered outside the transaction.
struct DeploymentFacts {
  std::optional<ResolvedRef> resolved;
  std::optional<Error> forbidden = {};  ///< the refusal by the environment's branch policy
  bool asks_for_review = false;         ///< the environment does; its events show the commit
  std::string default_branch;
  /// Why there is no default branch to compare with; nothing if this was not checked.
  std::optional<Error> no_default_branch = {};
  std::string default_sha = {};  ///< the default branch's commit; empty if not looked up
  MergePolicy merge_policy = MergePolicy::ignore;
  /// The number of the default branch's commits that the ref lacks; 0 if not counted.
  size_t behind_count = 0;
  /// The reports about the commit; empty if not looked up.
  std::vector<ContextState> contexts = {};
};

/// `insert` a deployment; or first `merge` the default branch into the requested one and insert no
/// deployment.
enum class DeploymentStep { insert, merge };

struct DeploymentPlan {
  DeploymentStep step = DeploymentStep::insert;
  std::string sha;
  bool production_environment = false;
};

/// Whether the decision needs these facts: facts that it does not need are not gathered.
bool needs_behind_count(const NewDeployment& input, MergePolicy policy);
bool needs_contexts(const NewDeployment& input);

/// Decides a create request, except for the gates (core/gates.h), which are judged in the
/// transaction. Pure. The order of the checks: resolve → branch policy → `expected_sha` →
/// auto-merge → required contexts. A repetition is never merged, and a rollback asks for no
/// contexts: they were judged at its origin.
Result<DeploymentPlan> plan_deployment(const NewDeployment& input, const DeploymentFacts& facts);

/// The 409 for an impossible merge: `Conflict merging main into topic.`
std::unexpected<Error> merge_conflict(const std::string& default_branch, const std::string& ref,
                                      std::string reason_code = "merge_conflict");

/// Checks the lengths and characters of the fields.
Result<void> check_new_deployment(const NewDeployment& input);

/// GitHub's rule for `DELETE`: an active deployment can be deleted only if it is the only one of
/// its environment.
Result<void> check_deletable(const Deployment& deployment, bool only_one_in_environment);

template <>
struct enum_names<DeploymentState> {
  static constexpr NameTable<DeploymentState, 8> values{
      {{DeploymentState::error, "error"},
       {DeploymentState::failure, "failure"},
       {DeploymentState::inactive, "inactive"},
       {DeploymentState::in_progress, "in_progress"},
       {DeploymentState::queued, "queued"},
       {DeploymentState::pending, "pending"},
       {DeploymentState::success, "success"},
       {DeploymentState::waiting, "waiting"}}};
};

template <>
struct enum_names<DeploymentPhase> {
  static constexpr NameTable<DeploymentPhase, 3> values{{{DeploymentPhase::held, "held"},
                                                         {DeploymentPhase::released, "released"},
                                                         {DeploymentPhase::ended, "ended"}}};
};

}  // namespace esclusa::core
