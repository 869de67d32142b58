// Requests to repeat a deployment: rollbacks, promotions, redeploys.

#include "app/repeats.h"

#include "simulate/operation.h"

namespace esclusa::simulate {
namespace {

/// What is asked for.
struct Repeat {
  std::string kind;
  size_t environment = 0;  ///< where to; of a redeploy it follows from the deployment
  size_t from = 0;         ///< of a promotion
  int64_t id = 0;          ///< the deployment that is named; 0: none
  std::optional<int64_t> expected_live = {};  ///< 0: nothing
};

/// The state of a request, once it has chosen what it repeats.
struct Chosen {
  size_t environment = 0;
  std::optional<int64_t> expected_live = {};
};

const Deployment* find_target(const Model& model, const Repeat& repeat) {
  if (repeat.id != 0) return model.find(repeat.id);
  if (repeat.kind == "promotion") return model.find(model.live(repeat.from));
  return model.live_before(repeat.environment);
}

/// What the first access says, which chooses.
std::string expect_choice(const Model& model, const Repeat& repeat) {
  const Deployment* target = find_target(model, repeat);
  if (repeat.id != 0 && target == nullptr) return "not_found";
  if (repeat.kind == "promotion") return target == nullptr ? "nothing_live" : "ok";
  if (repeat.kind == "redeploy") return "ok";
  if (target == nullptr) return "nothing_to_roll_back_to";
  Deployment there = *target;  // one that never left the environment
  there.move_to(model.place(repeat.environment));
  return there.success == 0 ? "never_live" : "ok";
}

std::string expect_repeat(const Model& model, const Operation& operation, const Repeat& repeat,
                          Chosen& chosen, Creation& creation) {
  if (operation.accesses == 1) {
    const std::string outcome = expect_choice(model, repeat);
    if (outcome != "ok") return outcome;
    const Deployment& target = *find_target(model, repeat);
    chosen.environment = repeat.kind == "redeploy" ? target.environment : repeat.environment;
    chosen.expected_live = repeat.expected_live;
    if (repeat.kind == "rollback" && repeat.id == 0 && !chosen.expected_live) {
      chosen.expected_live = model.live(repeat.environment);
    }
    creation.environment = chosen.environment;
    creation.ref = target.ref;
    creation.shas = {target.sha};
    creation.origin = target.id;
    return "ok";
  }
  const bool has_changed =
      chosen.expected_live && *chosen.expected_live != model.live(chosen.environment);
  if (operation.is_write && has_changed) return "live_changed";
  return model.is_ref_allowed(chosen.environment, creation.ref) ? "ok" : "branch_policy";
}

Repeat pick_repeat(Random& random, const Model& model) {
  const std::vector<std::string> kinds = {"rollback", "rollback", "promotion", "redeploy"};
  Repeat repeat{.kind = random.pick(kinds)};
  repeat.environment = random.below(random.one_in(4) ? model.environments.size() : 2);
  repeat.from = (repeat.environment + 1 + random.below(model.environments.size() - 1)) %
                model.environments.size();
  if (repeat.kind == "redeploy" || (repeat.kind == "rollback" && random.one_in(2))) {
    repeat.id = pick_deployment(random, model);
  }
  const Deployment* target = model.find(repeat.id);
  if (repeat.kind == "rollback" && target != nullptr && random.one_in(2)) {
    repeat.environment = target->environment;
  }
  if (random.one_in(3)) {
    const bool is_right = !random.one_in(3);
    const size_t place =
        repeat.kind == "redeploy" && target != nullptr ? target->environment : repeat.environment;
    repeat.expected_live = is_right ? model.live(place) : pick_deployment(random, model);
  }
  return repeat;
}

core::NewRepeat request_of(const Repeat& repeat) {
  core::NewRepeat request;
  request.reason = "it burns";
  if (repeat.expected_live) {
    request.expected_live.emplace();
    if (*repeat.expected_live != 0) request.expected_live->id = DeploymentId{*repeat.expected_live};
  }
  return request;
}

/// Calls the use case.
Result<core::Deployment> call(const app::Context& context, const app::RepositoryAccess& access,
                              const Repeat& repeat, const std::string& environment,
                              const std::string& from) {
  if (repeat.kind == "rollback") {
    core::NewRollback input;
    static_cast<core::NewRepeat&>(input) = request_of(repeat);
    if (repeat.id != 0) input.to = DeploymentId{repeat.id};
    return app::roll_back(context, access, environment, input);
  }
  if (repeat.kind == "promotion") {
    core::NewPromotion input;
    static_cast<core::NewRepeat&>(input) = request_of(repeat);
    input.from = from;
    input.required_contexts.emplace();
    return app::promote(context, access, environment, input);
  }
  core::NewRedeploy input;
  static_cast<core::NewRepeat&>(input) = request_of(repeat);
  input.required_contexts.emplace();
  return app::redeploy(context, access, {repeat.id}, input);
}

}  // namespace

std::unique_ptr<Operation> make_repeat(Random& random, World& world, const Model& model) {
  const Repeat repeat = pick_repeat(random, model);
  const size_t person =
      random.one_in(6) ? random.pick(model.apps).person : pick_person(random, model);
  const std::string environment = model.environments[repeat.environment].name,
                    from = model.environments[repeat.from].name;
  auto operation = new_operation(
      model.people[person].login + " asks for a " + repeat.kind +
      (repeat.id != 0 ? " of deployment " + std::to_string(repeat.id) : "") +
      (repeat.kind == "redeploy" ? "" : " at " + environment) +
      (repeat.kind == "promotion" ? " from " + from : "") +
      (repeat.expected_live ? ", expecting " + std::to_string(*repeat.expected_live) : ""));
  operation->run = [&world, repeat, environment, from,
                    access = world.access(person, random.below(2))] {
    return outcome_of(call(world.context, access, repeat, environment, from));
  };
  operation->creation =
      Creation{.environment = repeat.environment, .ref = 0, .person = person, .kind = repeat.kind};
  Creation& creation = *operation->creation;
  operation->expect = [repeat, chosen = std::make_shared<Chosen>(), &creation](
                          const Model& now, const Operation& self) {
    return expect_repeat(now, self, repeat, *chosen, creation);
  };
  return operation;
}

}  // namespace esclusa::simulate
