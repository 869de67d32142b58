#include "core/retention.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace esclusa::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr RetentionRule rules[] = {
    {RetentionKey::event_bodies, days(7), 1h, "retention.event_bodies",
     "age at which the bodies of events go that no delivery needs: 7d, 24h, never (7d)"},
    {RetentionKey::attempts, days(7), 1h, "retention.attempts",
     "age at which the attempts of finished deliveries go (7d)"},
    {RetentionKey::deliveries, days(7), 1h, "retention.deliveries",
     "age at which delivered, skipped and cancelled deliveries go (7d)"},
    {RetentionKey::dead_letters, days(30), 1h, "retention.dead_letters",
     "age at which dead deliveries go, with their bodies and attempts (30d)"},
    {RetentionKey::run_logs, days(90), 1h, "retention.run_logs",
     "age at which the logs of runs go (90d)"},
    {RetentionKey::idempotency_keys, 24h, 24h, "retention.idempotency_keys",
     "age at which idempotency keys go; at least 24h (1d)"},
    {RetentionKey::ended, days(7), 1h, "retention.ended",
     "age at which claims, intents and installation tokens go that have ended (7d)"},
    {RetentionKey::deployments, std::nullopt, days(1), "retention.deployments",
     "age at which deployments go, except live, unfinished and the latest successful ones (never)"},
};

constexpr std::string_view administered = "bounded by what is administered";
constexpr std::string_view of_deployments = "goes with its deployment";
constexpr std::string_view history = "the history, which stays";

constexpr TableGrowth tables[] = {
    // by age
    {"event_body", RetentionKey::event_bodies, ""},
    {"delivery_attempt", RetentionKey::attempts, ""},
    {"delivery", RetentionKey::deliveries, ""},
    {"deployment_log", RetentionKey::run_logs, ""},
    {"deployment_log_part", RetentionKey::run_logs, ""},
    {"idempotency_key", RetentionKey::idempotency_keys, ""},
    {"deployment_claim", RetentionKey::ended, ""},
    {"ref_intent", RetentionKey::ended, ""},
    {"redelivery", RetentionKey::ended, ""},
    {"installation_token", RetentionKey::ended, ""},
    {"installation_token_repository", RetentionKey::ended, ""},
    {"deployment", RetentionKey::deployments, ""},
    {"deployment_status", RetentionKey::deployments, of_deployments},
    {"deployment_gate", RetentionKey::deployments, of_deployments},
    {"deployment_review", RetentionKey::deployments, of_deployments},
    {"custom_rule_answer", RetentionKey::deployments, of_deployments},
    // grows, and stays
    {"audit", std::nullopt, history},
    {"event", std::nullopt, "a row of some 150 bytes stays, so that cursors of the feed do"},
    {"commit_status", std::nullopt, "what a gate asks for: a commit may be deployed at any time"},
    {"check_run", std::nullopt, "what a gate asks for: a commit may be deployed at any time"},
    {"environment_name", std::nullopt,
     "names outlive their environments, and events refer to them"},
    {"deployment_block", std::nullopt, "a row for 256 deployments, from which totals follow"},
    {"deployment_block_count", std::nullopt, "rows for 256 deployments, from which totals follow"},
    {"live", std::nullopt,
     "a row for an environment and task, which goes with its last deployment"},
    {"event_body_end", std::nullopt, "an end goes when no body has it any more"},
    {"unkept_commit", std::nullopt, "a row goes as soon as git has forgotten the commit"},
    // bounded
    {"account", std::nullopt, administered},
    {"agent_token", std::nullopt, administered},
    {"agent_token_environment", std::nullopt, administered},
    {"agent_seen", std::nullopt, "one for a token, and it goes with the token"},
    {"app", std::nullopt, administered},
    {"app_key", std::nullopt, administered},
    {"branch_policy", std::nullopt, administered},
    {"branch_protection", std::nullopt, administered},
    {"deploy_key", std::nullopt, administered},
    {"environment", std::nullopt, administered},
    {"environment_key", std::nullopt, "one for an environment, and one for each rotation"},
    {"environment_secret", std::nullopt, administered},
    {"environment_variable", std::nullopt, administered},
    {"hook", std::nullopt, administered},
    {"installation", std::nullopt, administered},
    {"installation_repository", std::nullopt, administered},
    {"organization_member", std::nullopt, administered},
    {"protection_rule", std::nullopt, administered},
    {"repository", std::nullopt, administered},
    {"repository_former_name", std::nullopt, administered},
    {"repository_role", std::nullopt, administered},
    {"required_reviewer", std::nullopt, administered},
    {"team", std::nullopt, administered},
    {"team_member", std::nullopt, administered},
    {"team_repository", std::nullopt, administered},
    {"token", std::nullopt, administered},
    {"data_identity", std::nullopt, "one row"},
    {"key_rotation", std::nullopt, "one row"},
    {"migration", std::nullopt, "a row for each version of the schema"},
    {"migration_step", std::nullopt, "one row"},
    {"recoding", std::nullopt, "two rows, which go when older rows are written again"},
    {"retention_clock", std::nullopt, "one row"},
};

/// A jump of the wall clock is believed after so long, of the boot clock.
constexpr auto believed_after = 24h;
/// A step of the wall clock that is no jump: NTP makes such.
constexpr auto small_step = 1min;

}  // namespace

std::span<const RetentionRule> retention_rules() { return rules; }

const RetentionRule& retention_rule(RetentionKey key) { return rules[static_cast<size_t>(key)]; }

RetentionSettings::RetentionSettings() {
  for (const RetentionRule& rule : rules) ages[static_cast<size_t>(rule.key)] = rule.age;
}

std::optional<std::chrono::microseconds> RetentionSettings::age_of(RetentionKey key) const {
  const RetentionAge& age = ages[static_cast<size_t>(key)];
  if (!age) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::duration<double>(*age) *
                                                               scale);
}

Result<RetentionAge> parse_retention_age(const RetentionRule& rule, std::string_view text) {
  if (text == "never") return std::nullopt;
  const auto age = parse_duration(text);
  if (age && *age >= rule.minimum) return *age;
  return fail(ErrorCode::invalid, "a duration such as 7d or 36h, at least " +
                                      format_retention_age(rule.minimum) + ", or never");
}

std::string format_retention_age(const RetentionAge& age) {
  if (!age) return "never";
  const int64_t seconds = age->count();
  if (seconds % 86'400 == 0) return std::to_string(seconds / 86'400) + "d";
  if (seconds % 3'600 == 0) return std::to_string(seconds / 3'600) + "h";
  return std::to_string(seconds) + "s";
}

std::span<const TableGrowth> table_growth() { return tables; }

RetentionClock::RetentionClock(const std::optional<RetentionMoment>& last, const GateTime& now)
    : base_(now.wall), base_since_boot_(now.boot.since_boot) {
  if (!last) return;
  const BootTime& boot = last->boot;
  if (!boot.boot_id.empty() && boot.boot_id == now.boot.boot_id) {
    base_ = last->time;
    base_since_boot_ = boot.since_boot;
  } else {
    // How long the machine was off, only its clock says.
    base_ = std::min(now.wall, last->time + believed_after);
  }
}

Timestamp RetentionClock::tell(const GateTime& now) {
  const auto since_boot = now.boot.since_boot;
  const Timestamp expected = base_ + (since_boot - base_since_boot_);
  const bool is_ahead = now.wall > expected + small_step;
  if (is_ahead) {
    if (!ahead_since_boot_) ahead_since_boot_ = since_boot;
    if (since_boot - *ahead_since_boot_ < believed_after) {
      held_back_ = now.wall - expected;
      return expected;
    }
  }
  ahead_since_boot_.reset();
  held_back_ = {};
  // A clock that was set back is followed, but the jump that sets it right again is none.
  if (now.wall > expected) {
    base_ = now.wall;
    base_since_boot_ = since_boot;
  }
  return now.wall;
}

}  // namespace esclusa::core
