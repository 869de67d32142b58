// simulate: plays random actions of people, clocks and machines on waiting deployments, and
// compares each step with an oracle that knows only the rules.
//
// The program is the real one from app/ down, with a real SQLite database and real git; only the
// clocks, the order of requests and the failures are simulated, from a seed.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "simulate/workers.h"

namespace {

using namespace esclusa::simulate;

/// Plays one seed and prints every step; returns 1 if there was a violation.
int tell(uint64_t seed) {
  World world;
  Counts counts;
  const std::string wrong = play(world, seed, true, counts);
  if (wrong.empty()) {
    std::printf("simulate: seed %llu: all is well\n", static_cast<unsigned long long>(seed));
    return 0;
  }
  std::printf("simulate: VIOLATED by seed %llu: %s\n", static_cast<unsigned long long>(seed),
              wrong.c_str());
  return 1;
}

/// What must have happened at least once in so many seeds.
const std::vector<std::string> expected_counts = {"ok",
                                                  "gates",
                                                  "created: held",
                                                  "created: released",
                                                  "created: rollback",
                                                  "created: promotion",
                                                  "created: redeploy",
                                                  "never_live",
                                                  "nothing_to_roll_back_to",
                                                  "nothing_live",
                                                  "live_changed",
                                                  "released after a wait",
                                                  "ended after a wait",
                                                  "released by the timer or a start",
                                                  "reboots",
                                                  "crashes",
                                                  "storage failures",
                                                  "unknown outcomes",
                                                  "not_found",
                                                  "not_waiting",
                                                  "environment_not_waiting",
                                                  "no_review_required",
                                                  "not_a_reviewer",
                                                  "self_review_prevented",
                                                  "already_approved",
                                                  "already_exists",
                                                  "app_not_available",
                                                  "not_the_apps_rule",
                                                  "bypass_reason_missing",
                                                  "bypass_not_allowed",
                                                  "branch_policy",
                                                  "waiting_for_protection",
                                                  "deployment_ended",
                                                  "environment_override_protected",
                                                  "deployment_active",
                                                  "idempotency_key_spent",
                                                  "invalid_required_approvals",
                                                  "invalid_reviewers",
                                                  "storage_failed",
                                                  "outcome_unknown",
                                                  "claimed",
                                                  "claim_started",
                                                  "in_progress",
                                                  "superseded",
                                                  "no_claim",
                                                  "claim_lost",
                                                  "claim_required",
                                                  "claims taken over",
                                                  "claims expired",
                                                  "commands begun",
                                                  "may approve",
                                                  "may not approve"};
constexpr uint64_t enough_seeds = 1000;

int play_many(const Plan& plan) {
  const auto begin = std::chrono::steady_clock::now();
  const Verdict verdict = play_all(plan);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  if (verdict.violated) {
    std::fflush(stdout);
    tell(*verdict.violated);
    std::printf(
        "simulate: an invariant is broken after %llu seeds; see it again with: --trace %llu\n",
        static_cast<unsigned long long>(verdict.done),
        static_cast<unsigned long long>(*verdict.violated));
    return 1;
  }
  bool complete = true;
  for (const std::string& name : expected_counts) {
    if (plan.count < enough_seeds || verdict.counts.contains(name)) continue;
    std::printf("simulate: this never happened: %s\n", name.c_str());
    complete = false;
  }
  for (const auto& [name, count] : verdict.counts) {
    std::printf("  %12lld  %s\n", static_cast<long long>(count), name.c_str());
  }
  std::printf("simulate: %llu seeds in %.0f s, no invariant broken\n",
              static_cast<unsigned long long>(verdict.done), passed.count());
  return complete ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Plays deployments and their gates by seeds, and compares each step with an oracle.");
  Plan plan;
  plan.workers = std::min(64U, std::max(1U, std::thread::hardware_concurrency()));
  uint64_t traced = 0;
  app.add_option("--seeds", plan.count, "how many")->capture_default_str();
  app.add_option("--first", plan.first, "the first of them")->capture_default_str();
  app.add_option("--workers", plan.workers, "processes")->check(CLI::Range(1U, 64U));
  app.add_option("--trace", traced, "play this one, and say every step");
  CLI11_PARSE(app, argc, argv);
  esclusa::log::set_level(esclusa::log::Level::error);  // not a line for each change
  // Nothing of it is needed after the program, and memory is faster than a disk.
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
  return traced != 0 ? tell(traced) : play_many(plan);
}
