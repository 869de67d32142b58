#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulate/model.h"
#include "simulate/random.h"
#include "simulate/world.h"

namespace esclusa::simulate {

/// Rows that a transaction must add, one text each: `event 3 deployment`.
using Effects = std::vector<std::string>;

/// The input of a create.
struct Creation {
  size_t environment = 0;
  size_t ref = 0;
  size_t person = 0;
  std::string key = {};             ///< the `Idempotency-Key`; empty: none
  std::set<std::string> shas = {};  ///< the ref's commits since the request
  std::string kind = "deploy";
  int64_t origin = 0;  ///< the deployment that is repeated, once it is chosen; 0: none
};

/// One call of a use case, with what the oracle needs to know about it.
struct Operation {
  std::string text;  ///< for people
  /// Calls the use case: returns `ok`, or the reason code of the refusal. A read may return more.
  std::function<std::string()> run;
  /// The answer that is expected if the current access to the database is the last one.
  std::function<std::string(const Model&, const Operation&)> expect;
  /// The effect of its transaction, if that is allowed: changes the model, and returns the added
  /// rows.
  std::function<Effects(Model&)> apply;
  std::optional<Creation> creation = {};
  /// The timer: it releases whatever is due, and reports no failures.
  bool is_timer = false;

  size_t accesses = 0;    ///< number so far
  bool is_write = false;  ///< whether the current access is a write
  std::string expected;   ///< at the latest access
  size_t failures = 0;
};

/// Makes a random request of any kind.
std::unique_ptr<Operation> make_operation(Random& random, World& world, const Model& model,
                                          std::vector<Creation>& keyed);
/// Makes a random request of an agent; there must be one.
std::unique_ptr<Operation> make_agent_operation(Random& random, World& world, const Model& model);
/// One function for each kind of request, see the files `*operations.cc`.
std::unique_ptr<Operation> make_create(Random& random, World& world, const Model& model,
                                       std::vector<Creation>& keyed);
/// A rollback, a promotion or a redeploy.
std::unique_ptr<Operation> make_repeat(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_review(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_bypass(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_status(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_delete(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_explain(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_pending(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_dry_run(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_replay(Random& random, World& world, const Model& model);
/// The timer's check of what is due, or, with `all`, the check at a start.
std::unique_ptr<Operation> make_release_due(World& world, bool all);
std::unique_ptr<Operation> make_put_environment(Random& random, World& world, const Model& model,
                                                size_t environment);
std::unique_ptr<Operation> make_delete_environment(Random& random, World& world,
                                                   const Model& model);
std::unique_ptr<Operation> make_add_policy(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_add_custom_rule(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_delete_custom_rule(Random& random, World& world,
                                                   const Model& model);
std::unique_ptr<Operation> make_answer(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_protect(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_delete_policy(Random& random, World& world, const Model& model);

/// A person who is not blocked.
size_t pick_person(Random& random, const Model& model, bool admin = false);
/// A deployment, preferably one that waits; 0 if there is none.
int64_t pick_deployment(Random& random, const Model& model);

/// A person who may review it, or sometimes any person.
size_t pick_reviewer(Random& random, const Model& model, int64_t id);

/// The reason code of an error, or `not_found`.
std::string reason_of(const Error& error);
template <class T>
std::string outcome_of(const Result<T>& result) {
  return result ? "ok" : reason_of(result.error());
}

/// Judges a waiting deployment by the rules: sets its verdicts, and releases it if all gates are
/// open.
void judge(Model& model, Deployment& deployment, Effects& effects, bool bypassed = false);
/// Asks the apps of the custom rules that wait for them, and did not at the latest judgement.
void ask(const Model& model, Deployment& deployment, const Gates& gates, Effects& effects);
void judge_all(Model& model, size_t environment, Effects& effects);
/// Ends a waiting deployment.
void end(Deployment& deployment, Effects& effects);
/// Creates the common part of every kind.
std::unique_ptr<Operation> new_operation(std::string text);

/// The rows of a new status: its state, and its description.
void add_status(Deployment& deployment, const std::string& what, Effects& effects);

/// Whether nothing runs any more after a status of that state.
bool is_final(const std::string& state);
/// Ends the claim, if there is one that has not ended.
void end_claim(Claim* claim, const std::string& reason);
/// What a status without a fence makes of the deployment's claim.
void report_without_claim(Model& model, int64_t deployment, const std::string& state);

}  // namespace esclusa::simulate
