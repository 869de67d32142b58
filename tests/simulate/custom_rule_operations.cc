// Custom rules: administrators enable and disable them, and their apps answer.

#include "app/custom_rules.h"

#include <algorithm>

#include "simulate/operation.h"

namespace esclusa::simulate {
namespace {

/// What an app says. The strings are the server's.
struct Answer {
  int64_t id = 0;  ///< the id of the deployment
  size_t app = 0;
  core::CustomRuleState state = core::CustomRuleState::approved;
  size_t environment = 0;
};

std::string expect_answer(const Model& model, const Answer& answer) {
  const Deployment* deployment = model.find(answer.id);
  if (deployment == nullptr) return "not_found";
  if (deployment->phase != Phase::held) return "not_waiting";
  if (answer.environment != deployment->environment) return "environment_not_waiting";
  const CustomRule* rule = model.find_rule(deployment->environment, answer.app);
  if (rule == nullptr) return "not_the_apps_rule";
  using enum core::CustomRuleState;
  if (answer.state == approved && deployment->creator == model.apps[answer.app].person) {
    return "self_review_prevented";
  }
  const auto reports = deployment->reports.find(rule->id);
  const bool has_all = reports != deployment->reports.end() && reports->second >= 10;
  return answer.state == reported && has_all ? "too_many_reports" : "ok";
}

Effects apply_answer(Model& model, const Answer& answer) {
  Deployment& deployment = *model.find(answer.id);
  const int64_t rule = model.find_rule(deployment.environment, answer.app)->id;
  using enum core::CustomRuleState;
  if (answer.state == approved && deployment.approved_rules.contains(rule)) return {};
  const std::string id = std::to_string(answer.id);
  const std::string state(core::to_name(answer.state));
  Effects effects{"answer " + id + " " + std::to_string(rule) + " " + state,
                  "audit " + id + " deployment_protection_rule." + state};
  if (answer.state == approved) {
    deployment.approved_rules.insert(rule);
    judge(model, deployment, effects);
  } else if (answer.state == rejected) {
    end(deployment, effects);
    const std::string& login = model.people[model.apps[answer.app].person].login;
    add_status(deployment, "failure Rejected by " + login + ".", effects);
  } else {
    ++deployment.reports[rule];
  }
  return effects;
}

Answer pick_answer(Random& random, const Model& model) {
  Answer answer{.id = pick_deployment(random, model),
                .app = random.below(model.apps.size()),
                .environment = random.below(model.environments.size())};
  if (const Deployment* deployment = model.find(answer.id)) {
    const auto& rules = model.environments[deployment->environment].custom;
    if (!rules.empty() && !random.one_in(5)) answer.app = random.pick(rules).app;
    if (!random.one_in(20)) answer.environment = deployment->environment;
  }
  if (random.one_in(5)) answer.state = core::CustomRuleState::rejected;
  if (random.one_in(4)) answer.state = core::CustomRuleState::reported;
  return answer;
}

}  // namespace

std::unique_ptr<Operation> make_answer(Random& random, World& world, const Model& model) {
  const Answer answer = pick_answer(random, model);
  const App& app = model.apps[answer.app];
  const std::string& name = model.environments[answer.environment].name;
  auto operation =
      new_operation("the app " + app.slug + " says " + std::string(core::to_name(answer.state)) +
                    " of deployment " + std::to_string(answer.id) + " at " + name);
  operation->run = [&world, answer, name, access = world.access(app.person, 0)] {
    return outcome_of(app::answer_custom_rule(world.context, access, {answer.id},
                                              {name, answer.state, "because"}));
  };
  operation->expect = [answer](const Model& now, const Operation&) {
    return expect_answer(now, answer);
  };
  operation->apply = [answer](Model& now) { return apply_answer(now, answer); };
  return operation;
}

std::unique_ptr<Operation> make_add_custom_rule(Random& random, World& world, const Model& model) {
  const size_t app = random.below(model.apps.size());
  const size_t index = random.below(model.environments.size());
  const size_t person = pick_person(random, model, true);
  const std::string& name = model.environments[index].name;
  auto operation = new_operation(model.people[person].login + " lets the app " +
                                 model.apps[app].slug + " decide about " + name);
  operation->run = [&world, name, id = world.app_id(app), access = world.access(person, 0)] {
    return outcome_of(app::create_custom_rule(world.context, access, name, id));
  };
  operation->expect = [index, app](const Model& now, const Operation&) -> std::string {
    if (!now.environments[index].exists) return "not_found";
    if (!now.apps[app].is_installed || now.apps[app].is_suspended) return "app_not_available";
    return now.find_rule(index, app) == nullptr ? "ok" : "already_exists";
  };
  operation->apply = [&world, index, app](Model& now) {
    const int64_t id = world.database.connection().number("select max(id) from protection_rule");
    now.environments[index].custom.push_back({id, app});
    Effects effects{"audit environment.update"};
    judge_all(now, index, effects);
    return effects;
  };
  return operation;
}

std::unique_ptr<Operation> make_delete_custom_rule(Random& random, World& world,
                                                   const Model& model) {
  const size_t index = random.below(model.environments.size());
  const Environment& there = model.environments[index];
  const int64_t id = there.custom.empty() ? 1'000'000 : random.pick(there.custom).id;
  const size_t person = pick_person(random, model, true);
  auto operation = new_operation(model.people[person].login + " deletes the custom rule " +
                                 std::to_string(id) + " of " + there.name);
  operation->run = [&world, id, name = there.name, access = world.access(person, 0)] {
    return outcome_of(app::delete_custom_rule(world.context, access, name, {id}));
  };
  operation->expect = [index, id](const Model& now, const Operation&) {
    const auto& rules = now.environments[index].custom;
    return std::ranges::find(rules, id, &CustomRule::id) != rules.end() ? "ok" : "not_found";
  };
  operation->apply = [index, id](Model& now) {
    std::erase_if(now.environments[index].custom, [&](auto& rule) { return rule.id == id; });
    Effects effects{"audit environment.update"};
    judge_all(now, index, effects);
    return effects;
  };
  return operation;
}

}  // namespace esclusa::simulate
