// Reads of deployments, and changes that do not concern their gates.

#include <algorithm>

#include "app/claims.h"
#include "app/deployments.h"
#include "app/event_deliveries.h"
#include "app/gate_report.h"
#include "app/hook_deliveries.h"
#include "app/reviews.h"
#include "app/timers.h"
#include "simulate/operation.h"

namespace esclusa::simulate {
namespace {

std::string named(int64_t id) { return "deployment " + std::to_string(id); }

/// The server's verdicts in the form of `Gates::text`.
std::string text_of(std::vector<core::GateVerdict> verdicts) {
  std::ranges::stable_sort(verdicts, {}, [](auto& verdict) { return core::to_name(verdict.kind); });
  std::string text;
  for (const core::GateVerdict& verdict : verdicts) {
    text += (text.empty() ? "" : " ") + std::string(core::to_name(verdict.kind)) + ":" +
            std::string(core::to_name(verdict.state));
    if (verdict.kind != core::GateKind::custom) continue;
    text += ":" + verdict.reason_code + ":" + std::to_string(verdict.rule_id.value);
  }
  return text;
}

}  // namespace

std::unique_ptr<Operation> make_delete(Random& random, World& world, const Model& model) {
  const int64_t id = pick_deployment(random, model);
  const size_t person = pick_person(random, model);
  auto operation = new_operation(model.people[person].login + " deletes " + named(id));
  operation->run = [&world, id, access = world.access(person, 0)] {
    return outcome_of(app::delete_deployment(world.context, access, {id}));
  };
  operation->expect = [id](const Model& now, const Operation&) -> std::string {
    const Deployment* deployment = now.find(id);
    if (deployment == nullptr) return "not_found";
    const auto there = std::ranges::count_if(now.deployments, [&](const auto& each) {
      return !each.second.is_deleted && each.second.location == deployment->location;
    });
    return deployment->state == "success" && there > 1 ? "deployment_active" : "ok";
  };
  operation->apply = [id](Model& now) {
    now.find(id)->is_deleted = true;
    end_claim(now.live_claim(id), "deployment_deleted");
    return Effects{"audit " + std::to_string(id) + " deployment.delete"};
  };
  return operation;
}

std::unique_ptr<Operation> make_explain(Random& random, World& world, const Model& model) {
  const int64_t id = pick_deployment(random, model);
  auto operation = new_operation("somebody asks for the gates of " + named(id));
  operation->run = [&world, id, access = world.access(pick_person(random, model), 0)] {
    auto report = world.database.read(
        [&](store::Reader& db) { return app::explain_gates(world.context, db, access, {id}); });
    return report ? "gates: " + text_of(report->verdicts) : reason_of(report.error());
  };
  operation->expect = [id](const Model& now, const Operation&) -> std::string {
    const Deployment* deployment = now.find(id);
    if (deployment == nullptr) return "not_found";
    return "gates: " + (deployment->phase == Phase::held ? now.gates(*deployment).text()
                                                         : deployment->verdicts);
  };
  return operation;
}

std::unique_ptr<Operation> make_pending(Random& random, World& world, const Model& model) {
  const int64_t id = pick_deployment(random, model);
  const size_t person = pick_person(random, model);
  auto operation =
      new_operation(model.people[person].login + " asks what " + named(id) + " waits for");
  operation->run = [&world, id, access = world.access(person, 1)]() -> std::string {
    auto pending =
        world.database.read([&](store::Reader& db) { return app::find_pending(db, access, {id}); });
    if (!pending) return reason_of(pending.error());
    if (!*pending) return "nothing";
    return (*pending)->current_user_can_approve ? "may approve" : "may not approve";
  };
  operation->expect = [id, person](const Model& now, const Operation&) -> std::string {
    const Deployment* deployment = now.find(id);
    if (deployment == nullptr) return "not_found";
    if (deployment->phase != Phase::held) return "nothing";
    const auto& rule = now.environments[deployment->environment].review;
    const bool may = rule && now.may_review(*rule, person) &&
                     !(rule->prevents_self_review && now.is_self_review(*deployment, person));
    return may ? "may approve" : "may not approve";
  };
  return operation;
}

std::unique_ptr<Operation> make_replay(Random& random, World& world, const Model& model) {
  auto operation = new_operation("somebody has everything delivered again");
  operation->run = [&world, access = world.access(pick_person(random, model, true), 0)] {
    const core::Replay replay{.states = {core::DeliveryState::pending, core::DeliveryState::dead,
                                         core::DeliveryState::delivered}};
    return outcome_of(app::replay_deliveries(world.context, access, world.hook_id(), replay));
  };
  operation->apply = [](Model&) { return Effects{"audit hook.replay"}; };
  return operation;
}

std::unique_ptr<Operation> make_release_due(World& world, bool all) {
  auto operation = new_operation(all ? "the start releases what is due" : "the timer looks");
  operation->is_timer = true;
  operation->run = [&world, all] {
    if (all) {
      app::GateTimer(world.context).look_at_all();
      app::expire_claims(world.context);
    } else {
      world.look();
    }
    return "ok";
  };
  return operation;
}

}  // namespace esclusa::simulate
