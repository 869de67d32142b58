#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/boot_clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/enum_names.h"
#include "core/ref.h"
#include "core/repository.h"
#include "core/time_range.h"

namespace esclusa::core {

/// GitHub's states of a deployment status. `waiting` is only ever set by the server.
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

/// Where a deployment stands with us: its event is held back, has been sent, or it is over.
enum class DeploymentPhase { held, released, ended };

/// How a deployment came about.
enum class DeploymentKind { deploy, redeploy, rollback, promotion };

/// An environment's name: it outlives the environment, and keeps its first spelling.
struct EnvironmentName {
  EnvironmentNameId id;
  std::string name;
};

/// A request to deploy one commit. Everything but phase, state, environment and times is fixed for
/// ever.
struct Deployment {
  DeploymentId id;
  RepositoryId repository_id;
  EnvironmentName environment;
  EnvironmentName original_environment;
  std::string ref;  ///< as given
  RefKind ref_kind = RefKind::commit;
  std::string ref_name = {};  ///< full, as it was resolved; empty for a commit
  std::string sha;
  std::string task;
  std::string payload;  ///< JSON text: an object or a string, as accepted
  std::optional<std::string> description;
  Account creator;
  bool transient_environment = false;
  bool production_environment = false;
  DeploymentPhase phase = DeploymentPhase::released;
  std::optional<DeploymentState> state;  ///< of the latest status; none while there is no status
  BootTime boot = {};                    ///< at the creation
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// The body of `POST /repos/{owner}/{repo}/deployments`, with GitHub's defaults.
struct NewDeployment {
  std::string ref;
  std::string task = "deploy";
  bool auto_merge = true;
  std::optional<std::vector<std::string>> required_contexts;  ///< none: all; empty: skip
  std::string payload = "{}";
  std::string environment = "production";
  std::optional<std::string> description;
  bool transient_environment = false;
  std::optional<bool> production_environment;  ///< default: whether the name is `production`
  /// Ours: refuse (409) unless the ref resolves to this commit.
  std::optional<std::string> expected_sha;
};

/// Exact matches; an empty or absent filter means none. `environment` and `creator` ignore case.
/// The last three are ours.
struct DeploymentFilter {
  std::string sha = {};
  std::string ref = {};
  std::string task = {};
  std::string environment = {};
  std::optional<DeploymentState> state = {};  ///< of the latest status
  std::string creator = {};                   ///< a login
  TimeRange created = {};
};

/// What was found out before deciding. Gathered outside the transaction.
struct DeploymentFacts {
  std::optional<ResolvedRef> resolved;
  std::optional<Error> forbidden = {};  ///< what the environment's branch policy says against it
  bool asks_for_review = false;         ///< the environment; its events then show the commit
  std::string default_branch;
  /// Why there is none to compare with; nothing where it was not asked.
  std::optional<Error> no_default_branch = {};
  std::string default_sha = {};  ///< its commit; empty where it was not asked
  MergePolicy merge_policy = MergePolicy::ignore;
  /// Commits of the default branch that the ref lacks; 0 where it was not asked.
  size_t behind_count = 0;
  /// What is reported about the commit; empty where it was not asked.
  std::vector<ContextState> contexts = {};
};

/// Insert a deployment; or first merge the default branch into the requested one, and insert none.
enum class DeploymentStep { insert, merge };

struct DeploymentPlan {
  DeploymentStep step = DeploymentStep::insert;
  std::string sha;
  bool production_environment = false;
};

/// Whether these facts matter, so that nobody gathers them in vain.
bool needs_behind_count(const NewDeployment& input, MergePolicy policy);
bool needs_contexts(const NewDeployment& input);

/// The decision over a create: pure, and the only one but for the gates (core/gates.h), which are
/// judged in the transaction. The order of its judgements is resolve → branch policy →
/// `expected_sha` → auto-merge → required contexts.
Result<DeploymentPlan> plan_deployment(const NewDeployment& input, const DeploymentFacts& facts);

/// The 409 for a merge that cannot be: `Conflict merging main into topic.`
std::unexpected<Error> merge_conflict(const std::string& default_branch, const std::string& ref,
                                      std::string reason_code = "merge_conflict");

/// Checks the fields' lengths and characters.
Result<void> check_new_deployment(const NewDeployment& input);

/// GitHub's rule for `DELETE`: an active deployment goes only if it is the only one of its
/// environment.
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

template <>
struct enum_names<DeploymentKind> {
  static constexpr NameTable<DeploymentKind, 4> values{{{DeploymentKind::deploy, "deploy"},
                                                        {DeploymentKind::redeploy, "redeploy"},
                                                        {DeploymentKind::rollback, "rollback"},
                                                        {DeploymentKind::promotion, "promotion"}}};
};

}  // namespace esclusa::core
