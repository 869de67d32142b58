#include "core/retention.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace std::chrono_literals;
using core::RetentionClock;
using core::RetentionKey;

namespace {

constexpr Timestamp start = from_micros(1'700'000'000'000'000);

/// The clocks of a machine.
struct Machine {
  Timestamp wall = start;
  BootTime boot{"boot-1", 1h};

  core::GateTime now() const { return {wall, boot}; }
  void pass(std::chrono::microseconds time) {
    wall += time;
    boot.since_boot += time;
  }
  void restart(std::chrono::microseconds off) {
    wall += off;
    boot = {boot.boot_id + "+", 10s};
  }
};

}  // namespace

TEST_CASE("RetentionClock: follows a clock that nobody sets") {
  Machine machine;
  RetentionClock clock({}, machine.now());
  for (int i = 0; i < 100; ++i) {
    machine.pass(7h);
    CHECK(clock.tell(machine.now()) == machine.wall);
    CHECK(clock.held_back() == 0s);
  }
}

TEST_CASE("RetentionClock: a jump forward is believed after a day, and not before") {
  Machine machine;
  RetentionClock clock({}, machine.now());
  const Timestamp true_time = machine.wall;
  machine.wall += std::chrono::days(365);
  CHECK(clock.tell(machine.now()) == true_time);
  CHECK(clock.held_back() == std::chrono::days(365));
  machine.pass(23h);
  CHECK(clock.tell(machine.now()) == true_time + 23h);
  machine.pass(1h);
  CHECK(clock.tell(machine.now()) == machine.wall);
  CHECK(clock.held_back() == 0s);
  machine.pass(5min);
  CHECK(clock.tell(machine.now()) == machine.wall);
}

TEST_CASE("RetentionClock: a jump that is taken back leaves nothing behind") {
  Machine machine;
  RetentionClock clock({}, machine.now());
  machine.wall += std::chrono::days(30);
  machine.pass(23h);
  clock.tell(machine.now());
  machine.wall -= std::chrono::days(30);
  CHECK(clock.tell(machine.now()) == machine.wall);
  // The next jump has its own day.
  machine.wall += std::chrono::days(30);
  machine.pass(2h);
  CHECK(clock.tell(machine.now()) == start + 25h);
  CHECK(clock.held_back() > std::chrono::days(29));
}

TEST_CASE("RetentionClock: a clock that is set back is followed, and set right again at once") {
  Machine machine;
  RetentionClock clock({}, machine.now());
  machine.wall -= 5h;
  machine.pass(1h);
  CHECK(clock.tell(machine.now()) == start - 4h);
  machine.wall += 5h;
  CHECK(clock.tell(machine.now()) == start + 1h);
}

TEST_CASE("RetentionClock: small steps, as NTP makes them, are no jumps") {
  Machine machine;
  RetentionClock clock({}, machine.now());
  for (int i = 0; i < 100; ++i) {
    machine.wall += 30s;
    CHECK(clock.tell(machine.now()) == machine.wall);
  }
}

TEST_CASE("RetentionClock: the next process notices a jump in between, on the same boot") {
  Machine machine;
  const core::RetentionMoment last{machine.wall, machine.boot};
  machine.pass(std::chrono::days(3));
  CHECK(RetentionClock(last, machine.now()).tell(machine.now()) == machine.wall);
  machine.wall += 2h;
  CHECK(RetentionClock(last, machine.now()).tell(machine.now()) == machine.wall - 2h);
}

TEST_CASE("RetentionClock: after another boot a day is believed, and more of it after a day") {
  Machine machine;
  const core::RetentionMoment last{machine.wall, machine.boot};
  machine.restart(23h);
  CHECK(RetentionClock(last, machine.now()).tell(machine.now()) == machine.wall);
  machine.restart(std::chrono::days(100));
  RetentionClock clock(last, machine.now());
  CHECK(clock.tell(machine.now()) == start + 24h);
  machine.pass(24h);
  CHECK(clock.tell(machine.now()) == machine.wall);
}

TEST_CASE("parse_retention_age: durations from the minimum on, and never") {
  const auto& bodies = core::retention_rule(RetentionKey::event_bodies);
  CHECK(core::parse_retention_age(bodies, "14d").value().value() == std::chrono::days(14));
  CHECK(core::parse_retention_age(bodies, "1h").value().value() == 1h);
  CHECK_FALSE(core::parse_retention_age(bodies, "never").value().has_value());
  for (const char* wrong : {"59m", "0d", "", "7", "7 d", "-1d", "forever"}) {
    CAPTURE(wrong);
    const auto refused = core::parse_retention_age(bodies, wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "a duration such as 7d or 36h, at least 1h, or never");
  }
  // A client may repeat a request for a day.
  const auto& keys = core::retention_rule(RetentionKey::idempotency_keys);
  CHECK_FALSE(core::parse_retention_age(keys, "23h"));
  CHECK(core::parse_retention_age(keys, "24h"));
}

TEST_CASE("retention_rules: one for each key, by its name, with a default that it allows") {
  REQUIRE(core::retention_rules().size() == core::retention_key_count);
  const core::RetentionSettings settings;
  for (size_t i = 0; i < core::retention_key_count; ++i) {
    const auto& rule = core::retention_rules()[i];
    CHECK(static_cast<size_t>(rule.key) == i);
    CHECK(rule.setting == "retention." + std::string(core::to_name(rule.key)));
    CHECK(settings.ages[i] == rule.age);
    const auto parsed = core::parse_retention_age(rule, core::format_retention_age(rule.age));
    CHECK(parsed.value() == rule.age);
    CHECK(std::string(rule.what).contains("(" + core::format_retention_age(rule.age) + ")"));
  }
}

TEST_CASE("RetentionSettings: the scale multiplies ages, and never stays never") {
  core::RetentionSettings settings;
  settings.scale = 0.5;
  CHECK(settings.age_of(RetentionKey::event_bodies) == std::chrono::hours(84));
  CHECK_FALSE(settings.age_of(RetentionKey::deployments));
}
