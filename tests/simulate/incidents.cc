// Incidents between requests: time passes, the machine restarts, rules and people change.

#include <algorithm>

#include "simulate/simulation.h"
#include "simulate/trace.h"
#include "store/accounts.h"
#include "store/repositories.h"
#include "store/teams.h"

namespace esclusa::simulate {

using namespace std::chrono_literals;
using std::chrono::microseconds;

void Simulation::happen() {
  if (!model_.claims.empty() && random_.one_in(4)) return pass_to_the_end_of_a_claim();
  const size_t kind = random_.below(36);
  if (kind < 7) return pass_time();
  if (kind < 11) return pass_to_the_end_of_a_timer();
  if (kind < 13) return jump_wall_clock();
  if (kind < 14) return stop(true);
  if (kind < 16) return stop(false);
  if (kind < 19) return move_ref();
  if (kind < 23) return change_team();
  if (kind < 26) return change_block();
  if (kind < 29) return change_role();
  if (kind < 32) return change_app();
  run_timer_alone();
}

void Simulation::set_time(Timestamp wall, BootTime boot) {
  world_.wall = model_.wall = wall;
  world_.boot = model_.boot = std::move(boot);
}

void Simulation::pass_time() {
  static const std::vector<microseconds> spans = {1us, 30s, 1min, 4min, 59min, 24h, 24h * 31};
  const microseconds span = random_.pick(spans);
  set_time(model_.wall + span, {model_.boot.boot_id, model_.boot.since_boot + span});
  trace("time passes: ",
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()), " s");
}

void Simulation::pass_to_the_end_of_a_timer() {
  const Deployment* deployment = model_.find(pick_deployment(random_, model_));
  if (deployment == nullptr) return;
  const auto wait = std::chrono::minutes(model_.environments[deployment->environment].minutes);
  const bool same_boot = model_.boot.boot_id == deployment->boot.boot_id;
  microseconds span = same_boot ? deployment->boot.since_boot + wait - model_.boot.since_boot
                                : deployment->created + wait - model_.wall;
  // Sometimes one microsecond less, which is too early.
  span -= microseconds(random_.below(2));
  if (span <= 0us || span > 24h * 40) return;
  set_time(model_.wall + span, {model_.boot.boot_id, model_.boot.since_boot + span});
  trace("time passes to the end of the timer of deployment ", std::to_string(deployment->id));
}

void Simulation::pass_to_the_end_of_a_claim() {
  for (const auto& [fence, claim] : model_.claims) {
    if (claim.phase == ClaimPhase::ended || random_.one_in(3)) continue;
    const bool same_boot = model_.boot.boot_id == claim.boot.boot_id;
    microseconds span = same_boot ? claim.boot.since_boot + claim.seconds - model_.boot.since_boot
                                  : claim.beat + claim.seconds - model_.wall;
    span -= microseconds(random_.below(2));
    if (span <= 0us || span > 24h * 40) continue;
    set_time(model_.wall + span, {model_.boot.boot_id, model_.boot.since_boot + span});
    return trace("time passes to the end of the claim ", std::to_string(fence));
  }
}

void Simulation::jump_wall_clock() {
  static const std::vector<microseconds> spans = {1min, 1h, 24h * 10, 24h * 365 * 3};
  const microseconds span = random_.pick(spans);
  const bool back = random_.one_in(2);
  set_time(back ? model_.wall - span : model_.wall + span, model_.boot);
  ++jump_count_;
  trace("the wall clock is set ", back ? "back" : "forward", " by ",
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()), " s");
}

void Simulation::stop(bool reboots) {
  for (Request& request : requests_) request.fiber->kill();
  requests_.clear();
  if (reboots) {
    set_time(model_.wall + 90s, {"boot-" + std::to_string(++boot_count_), 30s});
  }
  world_.start_timer();
  ++counts_[reboots ? "reboots" : "crashes"];
  trace(reboots ? "the machine is started again" : "the server dies, and is started again");
  run_alone(make_release_due(world_, true));
  check_nothing_is_stuck(false, {});
}

void Simulation::move_ref() {
  const size_t ref = random_.below(model_.refs.size());
  if (model_.refs[ref].kind == RefKind::commit) return;
  world_.move(ref, random_.below(world_.commit_count()));
  for (Request& request : requests_) {
    auto& creation = request.operation->creation;
    const bool resolves = creation && creation->kind == "deploy";  // a record has its commit
    if (resolves && creation->ref == ref) creation->shas.insert(world_.sha(ref));
  }
  trace(model_.refs[ref].given, " moves to ", world_.sha(ref));
}

void Simulation::change_team() {
  const size_t index = random_.below(model_.people.size());
  Person& person = model_.people[index];
  if (person.is_app) return;
  const size_t team = random_.below(person.in_team.size());
  bool& is_in = person.in_team[team];
  is_in = !is_in;
  sql::Writer& db = world_.database.connection();
  if (is_in) {
    store::set_team_member(db, world_.team_id(team), world_.account_id(index),
                           core::TeamRole::member);
  } else {
    store::remove_team_member(db, world_.team_id(team), world_.account_id(index));
  }
  trace(person.login, is_in ? " joins" : " leaves", " team-", std::to_string(team));
}

void Simulation::change_block() {
  // The last one is an administrator who is never blocked, so there is always somebody who can act.
  static const std::vector<size_t> candidates = {0, 1, 2, 4, 5, 6};
  const size_t index = random_.pick(candidates);
  Person& person = model_.people[index];
  person.is_blocked = !person.is_blocked;
  store::set_blocked(world_.database.connection(), world_.account_id(index),
                     person.is_blocked ? std::optional(model_.wall) : std::nullopt);
  trace(person.login, person.is_blocked ? " is blocked" : " is let in again");
}

void Simulation::change_role() {
  // Not administrators: what they are doing was allowed when it began.
  static const std::vector<size_t> candidates = {1, 2, 4, 5, 6};
  const size_t index = random_.pick(candidates);
  Person& person = model_.people[index];
  person.has_role = !person.has_role;
  store::set_role(world_.database.connection(), world_.repository().id, world_.account_id(index),
                  person.has_role ? core::Role::write : core::Role::none);
  trace(person.login, person.has_role ? " gets a role" : " loses the role");
}

void Simulation::change_app() {
  const size_t index = random_.below(model_.apps.size());
  App& app = model_.apps[index];
  if (!app.is_installed || random_.one_in(2)) {
    app.is_installed = !app.is_installed;
    app.is_suspended = false;
    world_.set_installed(index, app.is_installed);
    trace("the app ", app.slug,
          app.is_installed ? " is installed again" : " is no longer installed");
  } else {
    app.is_suspended = !app.is_suspended;
    world_.set_suspended(index, app.is_suspended);
    trace("the app ", app.slug, app.is_suspended ? " is suspended" : " works again");
  }
}

}  // namespace esclusa::simulate
