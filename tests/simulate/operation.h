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

/// What a create asks for.
struct Creation {
  size_t environment = 0;
  size_t ref = 0;
  size_t person = 0;
  std::string key = {};             ///< an `Idempotency-Key`; empty: none
  std::set<std::string> shas = {};  ///< where the ref has led to since it was asked
};

/// One call of a use case, as the oracle sees it too.
struct Operation {
  std::string text;  ///< for people
  /// Calls it: `ok`, or the reason code of the refusal. A read may say more.
  std::function<std::string()> run;
  /// What it must answer if the access to the database that has just begun is its last.
  std::function<std::string(const Model&, const Operation&)> expect;
  /// What its transaction must do, once it may: changes the model, and gives the rows.
  std::function<Effects(Model&)> apply;
  std::optional<Creation> creation = {};
  /// It releases whatever is due, and tells nobody what goes wrong.
  bool is_timer = false;

  size_t accesses = 0;    ///< so far
  bool is_write = false;  ///< the one at hand
  std::string expected;   ///< at the latest one
  size_t failures = 0;
};

/// What somebody does at random: a request of any kind.
std::unique_ptr<Operation> make_operation(Random& random, World& world, const Model& model,
                                          std::vector<Creation>& keyed);
/// One of the kinds, see operations.cc and environment_operations.cc.
std::unique_ptr<Operation> make_create(Random& random, World& world, const Model& model,
                                       std::vector<Creation>& keyed);
std::unique_ptr<Operation> make_review(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_bypass(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_status(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_delete(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_explain(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_pending(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_dry_run(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_replay(Random& random, World& world, const Model& model);
/// The timer's look at what is due, or, with `all`, the one at a start.
std::unique_ptr<Operation> make_release_due(World& world, bool all);
std::unique_ptr<Operation> make_put_environment(Random& random, World& world, const Model& model,
                                                size_t environment);
std::unique_ptr<Operation> make_delete_environment(Random& random, World& world,
                                                   const Model& model);
std::unique_ptr<Operation> make_add_policy(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_protect(Random& random, World& world, const Model& model);
std::unique_ptr<Operation> make_delete_policy(Random& random, World& world, const Model& model);

/// Somebody whom the server lets in.
size_t pick_person(Random& random, const Model& model, bool admin = false);
/// One of the deployments, rather one that waits; 0 while there is none.
int64_t pick_deployment(Random& random, const Model& model);

/// Somebody who may review it, or, at times, anybody.
size_t pick_reviewer(Random& random, const Model& model, int64_t id);

/// The reason code of an error, or `not_found`.
std::string reason_of(const Error& error);
template <class T>
std::string outcome_of(const Result<T>& result) {
  return result ? "ok" : reason_of(result.error());
}

/// Judges a deployment that waits, as the server must: its verdicts, and whether it leaves.
void judge(Model& model, Deployment& deployment, Effects& effects, bool bypassed = false);
void judge_all(Model& model, size_t environment, Effects& effects);
/// Ends one that waits.
void end(Deployment& deployment, Effects& effects);
/// What every kind begins with.
std::unique_ptr<Operation> new_operation(std::string text);

/// The rows of a status: its state, and its description.
void add_status(Deployment& deployment, const std::string& what, Effects& effects);

}  // namespace esclusa::simulate
