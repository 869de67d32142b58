#include "simulate/operation.h"

#include <utility>

namespace esclusa::simulate {

size_t pick_person(Random& random, const Model& model, bool admin) {
  std::vector<size_t> able;
  for (size_t i = 0; i < model.people.size(); ++i) {
    const Person& person = model.people[i];
    if (!person.is_blocked && !person.is_app && (!admin || person.is_admin)) able.push_back(i);
  }
  return random.pick(able);  // dan is never blocked
}

int64_t pick_deployment(Random& random, const Model& model) {
  std::vector<int64_t> waiting, all;
  for (const auto& [id, deployment] : model.deployments) {
    all.push_back(id);
    if (deployment.phase == Phase::held && !deployment.is_deleted) waiting.push_back(id);
  }
  if (all.empty()) return 0;
  return waiting.empty() || random.one_in(5) ? random.pick(all) : random.pick(waiting);
}

size_t pick_reviewer(Random& random, const Model& model, int64_t id) {
  const Deployment* deployment = model.find(id);
  if (deployment == nullptr || random.one_in(4)) return pick_person(random, model);
  const auto& rule = model.environments[deployment->environment].review;
  std::vector<size_t> able;
  for (size_t i = 0; rule && i < model.people.size(); ++i) {
    if (model.may_review(*rule, i)) able.push_back(i);
  }
  return able.empty() ? pick_person(random, model) : random.pick(able);
}

std::unique_ptr<Operation> new_operation(std::string text) {
  auto operation = std::make_unique<Operation>();
  operation->text = std::move(text);
  operation->expect = [](const Model&, const Operation&) { return "ok"; };
  operation->apply = [](Model&) { return Effects{}; };
  return operation;
}

std::string reason_of(const Error& error) {
  if (!error.reason_code.empty()) return error.reason_code;
  return error.code == ErrorCode::not_found ? "not_found" : error.message;
}

void add_status(Deployment& deployment, const std::string& what, Effects& effects) {
  const std::string id = std::to_string(deployment.id);
  deployment.state = what.substr(0, what.find(' '));
  static int64_t successes = 0;  // only their order counts
  if (deployment.state == "success") deployment.success = ++successes;
  if (is_final(deployment.state)) deployment.reached = deployment.state;
  if (deployment.reached.empty() && deployment.state == "in_progress") {
    deployment.reached = deployment.state;
  }
  effects.push_back("status " + id + " " + what);
  effects.push_back("event " + id + " deployment_status");
}

bool is_final(const std::string& state) {
  return state == "success" || state == "failure" || state == "error" || state == "inactive";
}

void end_claim(Claim* claim, const std::string& reason) {
  if (claim == nullptr) return;
  claim->phase = ClaimPhase::ended;
  claim->reason = reason;
}

void report_without_claim(Model& model, int64_t deployment, const std::string& state) {
  Claim* claim = model.live_claim(deployment);
  if (claim == nullptr) return;
  // Somebody else runs what the agent only prepared.
  const bool takes = state == "in_progress" && claim->phase == ClaimPhase::claimed;
  if (takes || is_final(state)) end_claim(claim, "status");
}

void ask(const Model& model, Deployment& deployment, const Gates& gates, Effects& effects) {
  const std::set<int64_t> before = std::exchange(deployment.asked, gates.asks());
  for (const CustomRule& rule : model.environments[deployment.environment].custom) {
    const App& app = model.apps[rule.app];
    if (!deployment.asked.contains(rule.id) || before.contains(rule.id) || !app.has_hook) continue;
    effects.push_back("event " + std::to_string(deployment.id) + " asks " + app.slug);
  }
}

void judge(Model& model, Deployment& deployment, Effects& effects, bool bypassed) {
  const Gates gates = model.gates(deployment);
  deployment.verdicts = gates.text(bypassed);
  if (!bypassed) ask(model, deployment, gates, effects);
  if (!bypassed && !gates.all_open()) return;
  const std::string id = std::to_string(deployment.id);
  deployment.phase = Phase::released;
  effects.push_back("event " + id + " deployment");
  effects.push_back("audit " + id + " deployment.release");
  add_status(deployment, "queued Released.", effects);
}

void judge_all(Model& model, size_t environment, Effects& effects) {
  for (auto& [id, deployment] : model.deployments) {
    if (deployment.environment == environment && deployment.phase == Phase::held &&
        !deployment.is_deleted) {
      judge(model, deployment, effects);
    }
  }
}

void end(Deployment& deployment, Effects& effects) {
  deployment.phase = Phase::ended;
  effects.push_back("audit " + std::to_string(deployment.id) + " deployment.end");
}

std::unique_ptr<Operation> make_operation(Random& random, World& world, const Model& model,
                                          std::vector<Creation>& keyed) {
  if (!model.agents.empty() && !model.deployments.empty() && random.one_in(2)) {
    return make_agent_operation(random, world, model);
  }
  if (!model.deployments.empty() && random.one_in(8)) return make_repeat(random, world, model);
  const size_t kind = random.below(model.deployments.empty() ? 43 : 110);
  if (kind < 16) return make_create(random, world, model, keyed);
  if (kind < 22) return make_put_environment(random, world, model, random.below(3));
  if (kind < 26) return make_add_policy(random, world, model);
  if (kind < 28) {
    return random.one_in(3) ? make_delete_policy(random, world, model)
                            : make_protect(random, world, model);
  }
  if (kind < 30) return make_delete_environment(random, world, model);
  if (kind < 32) return make_dry_run(random, world, model);
  if (kind < 33) return make_replay(random, world, model);
  if (kind < 40) return make_release_due(world, random.one_in(8));
  if (kind < 43) {
    return random.one_in(4) ? make_delete_custom_rule(random, world, model)
                            : make_add_custom_rule(random, world, model);
  }
  if (kind < 53) return make_answer(random, world, model);
  if (kind < 77) return make_review(random, world, model);
  if (kind < 82) return make_bypass(random, world, model);
  if (kind < 96) return make_status(random, world, model);
  if (kind < 99) return make_delete(random, world, model);
  if (kind < 105) return make_explain(random, world, model);
  return make_pending(random, world, model);
}

}  // namespace esclusa::simulate
