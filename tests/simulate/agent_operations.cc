// Requests of agents: they claim deployments, report by their claims, and sometimes sleep through
// the end of one.

#include <array>

#include "app/claims.h"
#include "app/deployment_statuses.h"
#include "core/claim.h"
#include "core/names.h"
#include "simulate/operation.h"

namespace esclusa::simulate {
namespace {

std::string named(int64_t id) { return "deployment " + std::to_string(id); }

/// An agent and a deployment, and the claim by which it acts; fence 0: none.
struct Act {
  size_t agent = 0;
  int64_t id = 0;
  int64_t fence = 0;
};

bool sees(const Model& model, const Act& act) {
  const Deployment* deployment = model.find(act.id);
  return deployment != nullptr &&
         model.agents[act.agent].environments.contains(deployment->environment);
}

/// Any claim of any agent, also one that has ended: an agent that was frozen does not know that.
/// Now and then by an agent that has not made it.
Act pick_claim(Random& random, const Model& model) {
  std::vector<int64_t> live, all;
  for (const auto& [fence, claim] : model.claims) {
    all.push_back(fence);
    if (claim.phase != ClaimPhase::ended) live.push_back(fence);
  }
  const int64_t fence = random.pick(live.empty() || random.one_in(3) ? all : live);
  const Claim& claim = model.claims.at(fence);
  Act act{claim.agent, claim.deployment, fence};
  if (random.one_in(10)) act.agent = random.below(model.agents.size());
  return act;
}

/// A deployment that can be claimed, if there is one and chance wants it; otherwise any.
Act pick_unclaimed(Random& random, const Model& model) {
  Act act{.agent = random.below(model.agents.size())};
  std::vector<int64_t> open;
  for (const auto& [id, deployment] : model.deployments) {
    if (deployment.phase == Phase::released && !is_final(deployment.state) &&
        sees(model, {act.agent, id})) {
      open.push_back(id);
    }
  }
  act.id = open.empty() || random.one_in(4) ? pick_deployment(random, model) : random.pick(open);
  return act;
}

/// The answer to whoever acts by a claim; empty if it is held.
std::string refusal_of(const Model& model, const Act& act) {
  const auto found = model.claims.find(act.fence);
  const bool is_own = found != model.claims.end() && found->second.agent == act.agent;
  if (!sees(model, act)) {
    return is_own && found->second.reason == "deployment_deleted" ? "claim_lost" : "not_found";
  }
  const bool is_held =
      is_own && found->second.phase != ClaimPhase::ended && !model.has_passed(found->second);
  return is_held ? "" : "claim_lost";
}

std::unique_ptr<Operation> make_claim(Random& random, World& world, const Model& model) {
  static const std::vector<int64_t> lengths = {10, 60, 600};
  const Act act = pick_unclaimed(random, model);
  const int64_t seconds = random.pick(lengths);
  auto operation = new_operation(model.agents[act.agent].name + " claims " + named(act.id) +
                                 " for " + std::to_string(seconds) + " s");
  operation->run = [&world, act, seconds] {
    return outcome_of(
        app::create_claim(world.context, world.agent(act.agent), {act.id}, {seconds}));
  };
  operation->expect = [act](const Model& now, const Operation&) -> std::string {
    if (!sees(now, act)) return "not_found";
    const Deployment& deployment = *now.find(act.id);
    if (deployment.phase == Phase::held) return "waiting_for_protection";
    if (deployment.phase == Phase::ended || is_final(deployment.state)) return "deployment_ended";
    const Claim* live = now.live_claim(act.id);
    if (deployment.begun > 0) return "claim_started";
    if (live != nullptr && !now.has_passed(*live)) return "claimed";
    if (is_final(deployment.reached)) return "deployment_ended";
    if (!deployment.reached.empty()) return "in_progress";
    return now.is_superseded(deployment) ? "superseded" : "ok";
  };
  operation->apply = [&world, act, seconds](Model& now) {
    end_claim(now.live_claim(act.id), "taken_over");
    const int64_t fence =
        world.database.connection().number("select max(id) from deployment_claim");
    if (!now.claims.empty() && fence <= now.claims.rbegin()->first) {
      throw Violation("a fence is not larger than those before");
    }
    now.claims[fence] = {.deployment = act.id,
                         .agent = act.agent,
                         .seconds = std::chrono::seconds(seconds),
                         .beat = now.wall,
                         .boot = now.boot};
    return Effects{"audit claim.create"};
  };
  return operation;
}

std::unique_ptr<Operation> make_heartbeat(World& world, const Model& model, const Act& act) {
  auto operation = new_operation(model.agents[act.agent].name + " keeps the claim " +
                                 std::to_string(act.fence) + " of " + named(act.id));
  operation->run = [&world, act] {
    return outcome_of(
        app::renew_claim(world.context, world.agent(act.agent), {act.id}, {act.fence}));
  };
  operation->expect = [act](const Model& now, const Operation&) -> std::string {
    const std::string refusal = refusal_of(now, act);
    return refusal.empty() ? "ok" : refusal;
  };
  operation->apply = [act](Model& now) {
    Claim& claim = now.claims.at(act.fence);
    claim.beat = now.wall;
    claim.boot = now.boot;
    return Effects{};
  };
  return operation;
}

std::unique_ptr<Operation> make_release(World& world, const Model& model, const Act& act) {
  auto operation = new_operation(model.agents[act.agent].name + " gives up the claim " +
                                 std::to_string(act.fence) + " of " + named(act.id));
  operation->run = [&world, act] {
    return outcome_of(
        app::release_claim(world.context, world.agent(act.agent), {act.id}, {act.fence}));
  };
  operation->expect = [act](const Model& now, const Operation&) -> std::string {
    const std::string refusal = refusal_of(now, act);
    if (!refusal.empty()) return refusal;
    return now.claims.at(act.fence).phase == ClaimPhase::started ? "claim_started" : "ok";
  };
  operation->apply = [act](Model& now) {
    end_claim(&now.claims.at(act.fence), "released");
    return Effects{"audit claim.release"};
  };
  return operation;
}

std::unique_ptr<Operation> make_look(World& world, const Model& model, const Act& act) {
  auto operation =
      new_operation(model.agents[act.agent].name + " asks who has claimed " + named(act.id));
  operation->run = [&world, act]() -> std::string {
    const auto claim = world.database.read([&](store::Reader& db) {
      return app::get_claim(db, world.agent(act.agent), {act.id}, {world.wall, world.boot});
    });
    return claim ? "claim: " + std::to_string(claim->id.value) : reason_of(claim.error());
  };
  operation->expect = [act](const Model& now, const Operation&) -> std::string {
    if (!sees(now, act)) return "not_found";
    for (const auto& [fence, claim] : now.claims) {
      if (claim.deployment != act.id || claim.phase == ClaimPhase::ended) continue;
      if (claim.phase == ClaimPhase::claimed && now.has_passed(claim)) break;
      return "claim: " + std::to_string(fence);
    }
    return "no_claim";
  };
  return operation;
}

/// What a status by a claim makes of it. An agent begins the command when its `in_progress` is
/// taken.
void report_by_claim(Model& model, const Act& act, const std::string& state) {
  Claim& claim = model.claims.at(act.fence);
  if (is_final(state)) return end_claim(&claim, "status");
  if (state != "in_progress" || claim.phase == ClaimPhase::started) return;
  claim.phase = ClaimPhase::started;
  if (++model.find(act.id)->begun > 1) throw Violation("a command is begun twice");
}

/// A report, with the fence of the claim or without any.
std::unique_ptr<Operation> make_report(Random& random, World& world, const Model& model,
                                       const Act& act) {
  using enum core::DeploymentState;
  static constexpr std::array states = {in_progress, in_progress, in_progress, in_progress, queued,
                                        success,     failure,     error,       inactive};
  core::NewDeploymentStatus input;
  input.state = states[random.below(states.size())];
  input.auto_inactive = false;
  const std::string state(core::to_name(input.state));
  auto operation = new_operation(
      model.agents[act.agent].name + " reports " + state + " of " + named(act.id) +
      (act.fence != 0 ? " by the claim " + std::to_string(act.fence) : " without a claim"));
  operation->run = [&world, act, input] {
    const auto fence = act.fence != 0 ? std::optional(DeploymentClaimId{act.fence}) : std::nullopt;
    return outcome_of(
        app::create_status(world.context, world.agent(act.agent), {act.id}, input, {}, fence));
  };
  operation->expect = [act, state](const Model& now, const Operation&) -> std::string {
    if (!sees(now, act)) return "not_found";
    const Deployment& deployment = *now.find(act.id);
    const bool gives_up = is_final(state) && state != "success";
    if (deployment.phase == Phase::held && !gives_up) return "waiting_for_protection";
    if (deployment.phase == Phase::ended && !gives_up) return "deployment_ended";
    if (act.fence != 0) {
      const std::string refusal = refusal_of(now, act);
      return refusal.empty() ? "ok" : refusal;
    }
    const bool needs_claim = now.environments[deployment.environment].requires_claim;
    return needs_claim && state != "inactive" ? "claim_required" : "ok";
  };
  operation->apply = [act, state](Model& now) {
    Deployment& deployment = *now.find(act.id);
    Effects effects{"audit deployment_status.create"};
    if (deployment.phase == Phase::held) end(deployment, effects);
    // It reports for its own environment, also where somebody moved the deployment elsewhere.
    const bool is_there =
        std::ranges::any_of(now.agents[act.agent].environments, [&](const size_t own) {
          return core::fold_case(now.environments[own].name) == deployment.location;
        });
    if (!is_there) {
      deployment.move_to(core::fold_case(now.environments[deployment.environment].name));
    }
    add_status(deployment, state + " ", effects);
    if (act.fence != 0) {
      report_by_claim(now, act, state);
    } else {
      report_without_claim(now, act.id, state);
    }
    return effects;
  };
  return operation;
}

}  // namespace

std::unique_ptr<Operation> make_agent_operation(Random& random, World& world, const Model& model) {
  const size_t kind = random.below(20);
  if (model.claims.empty() || kind < 6) return make_claim(random, world, model);
  if (kind < 8) return make_look(world, model, pick_unclaimed(random, model));
  if (kind < 9) return make_report(random, world, model, pick_unclaimed(random, model));
  const Act act = pick_claim(random, model);
  if (kind < 13) return make_heartbeat(world, model, act);
  if (kind < 14) return make_release(world, model, act);
  return make_report(random, world, model, act);
}

}  // namespace esclusa::simulate
