// Checks of the database after each transaction.

#include <algorithm>
#include <iterator>

#include "core/names.h"
#include "simulate/simulation.h"
#include "simulate/trace.h"

namespace esclusa::simulate {

void Simulation::check_transaction(Operation& operation) {
  const auto rows = read_deployments(world_.database.connection());
  Effects effects;
  if (operation.is_timer) {
    apply_timer(rows, effects);
    apply_ends_of_claims(effects);
  } else if (operation.creation) {
    apply_creation(operation, rows, effects);
  } else {
    effects = operation.apply(model_);
  }
  check_rows(rows);
  check_claims();
  for (const std::string& effect : effects) {
    if (effect.ends_with(" deployment.release")) ++counts_["released after a wait"];
    if (effect.ends_with(" deployment.end")) ++counts_["ended after a wait"];
  }
  check_effects(std::move(effects), journal_->take_news());
}

void Simulation::apply_creation(const Operation& operation, const std::map<int64_t, Row>& rows,
                                Effects& effects) {
  const Creation& creation = *operation.creation;
  if (!creation.key.empty() && model_.find_key(creation.key)) return;  // repeated
  const auto made = std::ranges::find_if(
      rows, [&](const auto& each) { return !model_.deployments.contains(each.first); });
  if (made == rows.end()) throw Violation("a create made no deployment");
  const auto& [id, row] = *made;
  if (!creation.shas.contains(row.sha)) {
    throw Violation("deployment " + std::to_string(id) + " is of a commit where " +
                    model_.refs[creation.ref].given + " never was");
  }
  model_.ensure(creation.environment);
  const Environment& there = model_.environments[creation.environment];
  Deployment deployment{.id = id,
                        .environment = creation.environment,
                        .ref = creation.ref,
                        .creator = creation.person,
                        .sha = row.sha,
                        .created = model_.wall,
                        .boot = model_.boot,
                        .location = core::fold_case(there.name),
                        .kind = creation.kind,
                        .origin = creation.origin};
  const Gates gates = model_.gates(deployment);
  deployment.verdicts = gates.text();
  effects.push_back("audit " + std::to_string(id) + " deployment.create");
  if (creation.origin != 0) {
    ++counts_["created: " + creation.kind];
    effects.back() += R"( {"kind":")" + creation.kind + R"(","origin":)" +
                      std::to_string(creation.origin) + R"(,"reason":"it burns"})";
  }
  if (gates.all_open()) {
    effects.push_back("event " + std::to_string(id) + " deployment");
    ++counts_["created: released"];
  } else {
    deployment.phase = Phase::held;
    std::string waits;
    auto add = [&](std::optional<Gate> gate, const char* name) {
      if (gate == Gate::shut) waits += (waits.empty() ? " " : ", ") + std::string(name);
    };
    add(gates.timer, "wait_timer");
    add(gates.review, "required_reviewers");
    if (std::ranges::any_of(gates.custom, [](auto& gate) { return gate.state == Gate::shut; })) {
      add(Gate::shut, "custom_deployment_protection_rule");
    }
    add_status(deployment, "waiting Waits for:" + waits, effects);
    ask(model_, deployment, gates, effects);
    ++counts_["created: held"];
  }
  if (!creation.key.empty()) {
    // A forgotten key stays forgotten, even if the wall clock is set back.
    std::erase_if(model_.keys, [&](const auto& each) { return !model_.find_key(each.first); });
    model_.keys[creation.key] = {model_.wall, id};
  }
  trace("  makes deployment ", std::to_string(id), ", ", name_of(deployment.phase), ": ",
        deployment.verdicts);
  model_.deployments.emplace(id, std::move(deployment));
}

void Simulation::apply_timer(const std::map<int64_t, Row>& rows, Effects& effects) {
  for (const auto& [id, row] : rows) {
    Deployment* deployment = model_.find(id);
    if (deployment == nullptr || deployment->phase != Phase::held) continue;
    const Gates gates = model_.gates(*deployment);
    if (row.phase == Phase::released) {
      if (!gates.all_open()) {
        throw Violation("deployment " + std::to_string(id) + " was released with " + gates.text());
      }
      trace("  releases deployment ", std::to_string(id));
      ++counts_["released by the timer or a start"];
      judge(model_, *deployment, effects);
    } else if (row.verdicts == gates.text()) {
      deployment->verdicts = row.verdicts;
      ask(model_, *deployment, gates, effects);
    }
  }
}

void Simulation::apply_ends_of_claims(Effects& effects) {
  const auto rows = read_claims(world_.database.connection());
  for (auto& [fence, claim] : model_.claims) {
    if (claim.phase != ClaimPhase::started || rows.at(fence) != "ended expired") continue;
    const std::string which = "claim " + std::to_string(fence);
    if (!model_.has_passed(claim)) throw Violation(which + " was ended before its end");
    trace("  ends ", which);
    ++counts_["claims expired"];
    end_claim(&claim, "expired");
    add_status(*model_.find(claim.deployment),
               "error claim_expired: no heartbeat for " + std::to_string(claim.seconds.count()) +
                   " seconds; the command may have run.",
               effects);
    effects.push_back("audit claim.expire");
  }
}

void Simulation::check_claims() const {
  if (model_.agents.empty()) return;
  const auto rows = read_claims(world_.database.connection());
  static constexpr const char* names[] = {"claimed ", "started ", "ended "};
  for (const auto& [fence, claim] : model_.claims) {
    const std::string wanted = names[static_cast<size_t>(claim.phase)] + claim.reason;
    const auto found = rows.find(fence);
    const std::string is = found == rows.end() ? "gone" : found->second;
    if (is == wanted) continue;
    throw Violation("claim " + std::to_string(fence) + " is " + is + ", and should be " + wanted);
  }
  if (rows.size() != model_.claims.size()) throw Violation("a claim should not be there");
}

void Simulation::check_rows(const std::map<int64_t, Row>& rows) const {
  for (const auto& [id, row] : rows) {
    const std::string which = "deployment " + std::to_string(id);
    const Deployment* deployment = model_.find(id);
    if (deployment == nullptr) throw Violation(which + " should not be there");
    const std::string gates = " (gates: " + model_.gates(*deployment).text() + ")";
    if (row.phase != deployment->phase) {
      throw Violation(which + " is " + name_of(row.phase) + ", and should be " +
                      name_of(deployment->phase) + gates);
    }
    const std::string repeats = deployment->kind + " " + std::to_string(deployment->origin);
    if (row.repeats != repeats) {
      throw Violation(which + " is a " + row.repeats + ", and should be a " + repeats);
    }
    if (row.sha != deployment->sha) throw Violation(which + " is of another commit now");
    if (row.verdicts != deployment->verdicts) {
      throw Violation(which + " has the verdicts " + row.verdicts + ", and should have " +
                      deployment->verdicts + gates);
    }
  }
  for (const auto& [id, deployment] : model_.deployments) {
    if (!deployment.is_deleted && !rows.contains(id)) {
      throw Violation("deployment " + std::to_string(id) + " is gone");
    }
  }
}

void Simulation::check_effects(Effects wanted, Effects found) {
  std::ranges::sort(wanted);
  std::ranges::sort(found);
  Effects missing, surplus;
  std::ranges::set_difference(wanted, found, std::back_inserter(missing));
  std::ranges::set_difference(found, wanted, std::back_inserter(surplus));
  if (!missing.empty()) throw Violation("a row is missing: " + missing.front());
  if (!surplus.empty()) throw Violation("a row is too much: " + surplus.front());
}

void Simulation::check_nothing_is_stuck(bool timed_only,
                                        const std::map<int64_t, Row>& before) const {
  for (const auto& [fence, claim] : model_.claims) {
    if (claim.phase == ClaimPhase::started && model_.has_passed(claim)) {
      throw Violation("claim " + std::to_string(fence) + " has passed, and goes on");
    }
  }
  for (const auto& [id, deployment] : model_.deployments) {
    if (deployment.phase != Phase::held || deployment.is_deleted) continue;
    // The timer judges only deployments that were waiting for it; others are judged when something
    // changes.
    const bool was_looked_at = !timed_only || before.at(id).verdicts.contains("wait_timer:shut");
    if (was_looked_at && model_.gates(deployment).all_open()) {
      throw Violation("deployment " + std::to_string(id) + " stays held, and nothing holds it");
    }
  }
}

}  // namespace esclusa::simulate
