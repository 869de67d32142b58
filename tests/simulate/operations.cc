// Requests of people about deployments.

#include <algorithm>
#include <array>

#include "app/deployment_statuses.h"
#include "app/deployments.h"
#include "app/reviews.h"
#include "core/dry_run.h"
#include "core/names.h"
#include "simulate/operation.h"

namespace esclusa::simulate {
namespace {

std::string named(int64_t id) { return "deployment " + std::to_string(id); }

/// Calls a use case on a deployment as a person, with one of the person's tokens.
template <class Call>
std::function<std::string()> as(World& world, Random& random, size_t person, Call call) {
  return [&world, call, access = world.access(person, random.below(2))] {
    return outcome_of(call(world.context, access));
  };
}

core::NewDeployment input_of(const Model& model, const Creation& creation) {
  core::NewDeployment input;
  input.ref = model.refs[creation.ref].given;
  input.environment = model.environments[creation.environment].name;
  input.required_contexts = std::vector<std::string>{};
  return input;
}

std::string expect_create(const Model& model, const Operation& operation) {
  const Creation& creation = *operation.creation;
  // With a key, the first access looks for an earlier create, and so does the transaction.
  if (!creation.key.empty() && (operation.accesses == 1 || operation.is_write)) {
    if (const auto earlier = model.find_key(creation.key)) {
      return model.find(*earlier) != nullptr ? "ok" : "idempotency_key_spent";
    }
  }
  return model.is_ref_allowed(creation.environment, creation.ref) ? "ok" : "branch_policy";
}

Creation pick_creation(Random& random, const Model& model) {
  // Prefers environments that may hold it.
  return {.environment = random.below(random.one_in(4) ? model.environments.size() : 2),
          .ref = random.one_in(2) ? 0 : random.below(model.refs.size()),
          .person = random.one_in(6) ? random.pick(model.apps).person : pick_person(random, model)};
}

}  // namespace

std::unique_ptr<Operation> make_create(Random& random, World& world, const Model& model,
                                       std::vector<Creation>& keyed) {
  Creation creation = pick_creation(random, model);
  if (!keyed.empty() && random.one_in(3)) {
    creation = random.pick(keyed);
  } else if (random.one_in(4)) {
    creation.key = "key-" + std::to_string(keyed.size());
    keyed.push_back(creation);
  }
  const size_t ref = creation.ref;
  creation.shas = {model.refs[ref].kind == RefKind::commit ? model.refs[ref].given
                                                           : world.sha(ref)};
  auto operation =
      new_operation("creates at " + model.environments[creation.environment].name + " of " +
                    model.refs[ref].given + (creation.key.empty() ? "" : " " + creation.key));
  operation->text = model.people[creation.person].login + " " + operation->text;
  std::optional<core::IdempotencyKey> key;
  if (!creation.key.empty()) key = core::IdempotencyKey{creation.key, "digest"};
  operation->run = as(world, random, creation.person,
                      [input = input_of(model, creation), key](auto& context, auto& access) {
                        return app::create_deployment(context, access, input, key);
                      });
  operation->expect = expect_create;
  operation->creation = std::move(creation);
  return operation;
}

std::unique_ptr<Operation> make_dry_run(Random& random, World& world, const Model& model) {
  const Creation creation = pick_creation(random, model);
  auto operation =
      new_operation("asks what a create at " + model.environments[creation.environment].name +
                    " of " + model.refs[creation.ref].given + " would do");
  operation->run = [&world, input = input_of(model, creation),
                    access = world.access(creation.person, 0)]() -> std::string {
    auto run = app::dry_run(world.context, access, input);
    if (!run) return reason_of(run.error());
    if (run->refusal) return run->refusal->reason_code;
    return run->outcome == core::DryRunOutcome::held ? "held" : "released";
  };
  operation->expect = [creation](const Model& now, const Operation& self) -> std::string {
    if (self.accesses == 1 && !now.is_ref_allowed(creation.environment, creation.ref)) {
      return "branch_policy";
    }
    const Deployment wanted{.environment = creation.environment,
                            .ref = creation.ref,
                            .creator = creation.person,
                            .sha = {},
                            .created = now.wall,
                            .boot = now.boot};
    return now.gates(wanted).all_open() ? "released" : "held";
  };
  return operation;
}

namespace {

struct Review {
  int64_t id = 0;  ///< the id of the deployment
  size_t person = 0;
  bool approves = false;
  bool names_another = false;  ///< names another environment than the one that waits
};

std::string expect_review(const Model& model, const Review& review) {
  const auto [id, person, approves, names_another] = review;
  const Deployment* deployment = model.find(id);
  if (deployment == nullptr) return "not_found";
  if (deployment->phase != Phase::held) return "not_waiting";
  if (names_another) return "environment_not_waiting";
  const auto& rule = model.environments[deployment->environment].review;
  if (!rule) return "no_review_required";
  if (!model.may_review(*rule, person)) return "not_a_reviewer";
  if (rule->prevents_self_review && model.is_self_review(*deployment, person)) {
    return "self_review_prevented";
  }
  const bool again = std::ranges::any_of(deployment->approvals, [&](const Approval& each) {
    return each.version == rule->version && model.may_review(*rule, each.person) &&
           model.people[each.person].human == model.people[review.person].human;
  });
  return approves && again ? "already_approved" : "ok";
}

Effects apply_review(Model& model, const Review& review) {
  const auto [id, person, approves, names_another] = review;
  Deployment& deployment = *model.find(id);
  const std::string state = approves ? "approved" : "rejected";
  const std::string& login = model.people[person].login;
  Effects effects{"review " + std::to_string(id) + " " + state + " " + login,
                  "audit " + std::to_string(id) + " deployment_review." + state};
  if (approves) {
    deployment.approvals.push_back(
        {person, model.environments[deployment.environment].review->version});
    judge(model, deployment, effects);
  } else {
    end(deployment, effects);
    add_status(deployment, "failure Rejected by " + login + ".", effects);
  }
  return effects;
}

}  // namespace

std::unique_ptr<Operation> make_review(Random& random, World& world, const Model& model) {
  const int64_t id = pick_deployment(random, model);
  const Review review{.id = id,
                      .person = pick_reviewer(random, model, id),
                      .approves = !random.one_in(5),
                      .names_another = random.one_in(20)};
  auto operation = new_operation(model.people[review.person].login +
                                 (review.approves ? " approves " : " rejects ") + named(review.id));
  operation->run = [&world, review, access = world.access(review.person, random.below(2))] {
    const auto& context = world.context;
    auto pending = context.database.read(
        [&](store::Reader& db) { return app::find_pending(db, access, {review.id}); });
    if (!pending) return reason_of(pending.error());
    core::NewReview input;
    input.state = review.approves ? core::ReviewState::approved : core::ReviewState::rejected;
    if (*pending) input.environment_ids = {(*pending)->environment.id};
    if (review.names_another) input.environment_ids = {EnvironmentId{1'000'000}};
    return outcome_of(app::review_deployment(context, access, {review.id}, input));
  };
  operation->expect = [review](const Model& now, const Operation&) {
    return expect_review(now, review);
  };
  operation->apply = [review](Model& now) { return apply_review(now, review); };
  return operation;
}

std::unique_ptr<Operation> make_bypass(Random& random, World& world, const Model& model) {
  const int64_t id = pick_deployment(random, model);
  const size_t person = pick_person(random, model, true);
  const std::string reason = random.one_in(6) ? " " : "it burns";
  auto operation = new_operation(model.people[person].login + " goes past the gates of " +
                                 named(id) + (reason == " " ? " without a reason" : ""));
  operation->run = as(world, random, person, [id, reason](auto& context, auto& access) {
    return app::bypass_gates(context, access, {id}, reason);
  });
  operation->expected = "bypass_reason_missing";  // unless the request reaches the database
  operation->expect = [id, reason](const Model& now, const Operation&) -> std::string {
    const Deployment* deployment = now.find(id);
    if (reason == " ") return "bypass_reason_missing";
    if (deployment == nullptr) return "not_found";
    if (deployment->phase != Phase::held) return "not_waiting";
    if (!now.environments[deployment->environment].can_bypass) return "bypass_not_allowed";
    return now.gates(*deployment).policy == Gate::shut ? "branch_policy" : "ok";
  };
  operation->apply = [id, person](Model& now) {
    Effects effects{"review " + std::to_string(id) + " bypassed " + now.people[person].login,
                    "audit " + std::to_string(id) + R"( deployment.bypass {"reason":"it burns"})"};
    judge(now, *now.find(id), effects, true);
    return effects;
  };
  return operation;
}

std::unique_ptr<Operation> make_status(Random& random, World& world, const Model& model) {
  using enum core::DeploymentState;
  static constexpr std::array states = {queued,   pending, in_progress, success,
                                        inactive, error,   failure};
  static const std::vector<std::string> others = {"staging", "Production", "preview", "elsewhere"};
  const int64_t id = pick_deployment(random, model);
  const size_t state = random.below(states.size());
  core::NewDeploymentStatus input;
  input.state = states[state];
  input.auto_inactive = false;
  if (random.one_in(3)) input.environment = random.pick(others);
  const std::string name(core::to_name(input.state));
  const size_t person = pick_person(random, model);
  auto operation =
      new_operation(model.people[person].login + " reports " + name + " of " + named(id) +
                    (input.environment ? " at " + *input.environment : ""));
  operation->run = as(world, random, person, [id, input](auto& context, auto& access) {
    return app::create_status(context, access, {id}, input);
  });
  const bool gives_up = state >= 4;
  // If no environment has that name, no gate guards it.
  std::optional<size_t> moved;
  for (size_t i = 0; i < others.size(); ++i) {
    if (input.environment == others[i] && i < model.environments.size()) moved = i;
  }
  operation->expect = [id, gives_up, is_inactive = input.state == inactive, moved](
                          const Model& now, const Operation&) -> std::string {
    const Deployment* deployment = now.find(id);
    if (deployment == nullptr) return "not_found";
    if (deployment->phase == Phase::held && !gives_up) return "waiting_for_protection";
    if (deployment->phase == Phase::ended && !gives_up) return "deployment_ended";
    const bool needs_claim = now.environments[deployment->environment].requires_claim;
    if (needs_claim && !is_inactive) return "claim_required";
    const bool leaves = moved && *moved != deployment->environment;
    const bool is_shut = leaves && (now.environments[*moved].is_guarded() ||
                                    now.environments[*moved].requires_claim);
    return is_shut ? "environment_override_protected" : "ok";
  };
  operation->apply = [id, name, to = input.environment](Model& now) {
    Deployment& deployment = *now.find(id);
    if (to) deployment.move_to(core::fold_case(*to));
    Effects effects{"audit deployment_status.create"};
    if (deployment.phase == Phase::held) end(deployment, effects);
    add_status(deployment, name + " ", effects);
    report_without_claim(now, id, name);
    return effects;
  };
  return operation;
}

}  // namespace esclusa::simulate
