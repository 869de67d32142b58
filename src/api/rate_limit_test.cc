#include "api/rate_limit.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::api;
using namespace std::chrono_literals;

namespace {

using Refusal = RateLimiter::Refusal;

const Timestamp start = from_micros(1'790'000'000'000'000);
const RateClient ada{AccountId{1}, ""};
const RateClient bob{AccountId{2}, ""};
const RateClient somewhere{std::nullopt, "192.0.2.1"};

RateLimits switched_on() {
  RateLimits limits;
  limits.enabled = true;
  return limits;
}

/// Makes one request and finishes it at once.
Refusal ask(RateLimiter& limiter, const RateClient& client, RequestKind kind = RequestKind::read,
            Timestamp now = start) {
  return limiter.admit(client, kind, now).refusal();
}

core::Quota quota(RateLimiter& limiter, const RateClient& client, Timestamp now = start) {
  return limiter.admit(client, RequestKind::uncounted, now).quota().value();
}

}  // namespace

TEST_CASE("RateLimiter: switched off, it counts nothing and has no quota") {
  RateLimits limits;
  limits.account_per_hour = 1;
  RateLimiter limiter(limits);
  for (int i = 0; i < 3; ++i) {
    auto ticket = limiter.admit(ada, RequestKind::create, start);
    CHECK(ticket.refusal() == Refusal::none);
    CHECK_FALSE(ticket.quota());
    ticket.take_back();  // has no effect
  }
}

TEST_CASE("RateLimiter: GitHub's numbers, for an address and for an account") {
  RateLimiter limiter(switched_on());
  for (int i = 0; i < 60; ++i) CHECK(ask(limiter, somewhere) == Refusal::none);
  CHECK(ask(limiter, somewhere) == Refusal::primary);
  CHECK(quota(limiter, somewhere).remaining() == 0);
  CHECK(quota(limiter, somewhere).used == 60);
  CHECK(quota(limiter, somewhere).limit == 60);
  CHECK(ask(limiter, ada) == Refusal::none);
  CHECK(quota(limiter, ada).limit == 5000);
  CHECK(quota(limiter, ada).remaining() == 4999);
  CHECK(quota(limiter, bob).used == 0);
}

TEST_CASE("RateLimiter: the hour begins with the first request") {
  RateLimits limits = switched_on();
  limits.account_per_hour = 1;
  RateLimiter limiter(limits);
  CHECK(ask(limiter, ada, RequestKind::read, start + 300ms) == Refusal::none);
  const Timestamp reset = quota(limiter, ada, start + 10min).reset;
  CHECK(reset == start + 300ms + 1h);
  CHECK(ask(limiter, ada, RequestKind::read, reset - 1us) == Refusal::primary);
  CHECK(ask(limiter, ada, RequestKind::read, reset) == Refusal::none);
  CHECK(quota(limiter, ada, reset).reset == reset + 1h);
}

TEST_CASE("RateLimiter: asking about the limits costs nothing, even when nothing is left") {
  RateLimits limits = switched_on();
  limits.account_per_hour = 2;
  RateLimiter limiter(limits);
  for (int i = 0; i < 5; ++i) CHECK(quota(limiter, ada).used == 0);
  ask(limiter, ada);
  ask(limiter, ada);
  auto ticket = limiter.admit(ada, RequestKind::uncounted, start);
  CHECK(ticket.refusal() == Refusal::none);
  CHECK(ticket.quota()->remaining() == 0);
}

TEST_CASE("RateLimiter: a request that is taken back does not count, in its own hour only") {
  RateLimiter limiter(switched_on());
  auto ticket = limiter.admit(ada, RequestKind::read, start);
  CHECK(ticket.quota()->used == 1);
  ticket.take_back();
  CHECK(ticket.quota()->used == 0);
  CHECK(quota(limiter, ada).used == 0);

  auto late = limiter.admit(ada, RequestKind::read, start);
  CHECK(ask(limiter, ada, RequestKind::read, start + 2h) == Refusal::none);
  late.take_back();
  CHECK(quota(limiter, ada, start + 2h).used == 1);
}

TEST_CASE("RateLimiter: 900 points a minute, of which reading takes 1 and writing 5") {
  RateLimiter limiter(switched_on());
  for (int i = 0; i < 179; ++i) CHECK(ask(limiter, ada, RequestKind::write) == Refusal::none);
  for (int i = 0; i < 5; ++i) CHECK(ask(limiter, ada, RequestKind::read) == Refusal::none);
  auto ticket = limiter.admit(ada, RequestKind::read, start + 20s);
  CHECK(ticket.refusal() == Refusal::secondary);
  CHECK(ticket.retry_after() == 40s);
  CHECK(quota(limiter, ada).used == 184);  // refused requests are not counted
  CHECK(ask(limiter, bob) == Refusal::none);
  CHECK(ask(limiter, ada, RequestKind::read, start + 1min) == Refusal::none);
}

TEST_CASE("RateLimiter: 80 creations a minute and 500 an hour; other requests are still admitted") {
  RateLimits limits = switched_on();
  limits.points_per_minute = 100'000;
  RateLimiter limiter(limits);
  int made = 0;
  Timestamp now = start;
  for (; made < 480; now += 1min) {
    for (int i = 0; i < 80; ++i, ++made) {
      CHECK(ask(limiter, ada, RequestKind::create, now) == Refusal::none);
    }
    auto ticket = limiter.admit(ada, RequestKind::create, now + 1s);
    CHECK(ticket.refusal() == Refusal::secondary);
    CHECK(ticket.retry_after() == 59s);
    CHECK(ask(limiter, ada, RequestKind::write, now) == Refusal::none);
  }
  for (; made < 500; ++made) {
    CHECK(ask(limiter, ada, RequestKind::create, now) == Refusal::none);
  }
  auto ticket = limiter.admit(ada, RequestKind::create, now);
  CHECK(ticket.refusal() == Refusal::secondary);
  CHECK(ticket.retry_after() == 54min);
}

TEST_CASE("RateLimiter: a limited number of requests at once; one that ends makes room") {
  RateLimits limits = switched_on();
  limits.concurrent = 2;
  RateLimiter limiter(limits);
  auto first = limiter.admit(ada, RequestKind::read, start);
  {
    auto second = limiter.admit(ada, RequestKind::read, start);
    auto moved = std::move(second);  // a moved ticket still counts once
    auto third = limiter.admit(ada, RequestKind::read, start);
    CHECK(moved.refusal() == Refusal::none);
    CHECK(third.refusal() == Refusal::secondary);
    CHECK(third.retry_after() == 1s);
    CHECK(ask(limiter, bob) == Refusal::none);
  }
  CHECK(ask(limiter, ada) == Refusal::none);
  CHECK(quota(limiter, ada).used == 3);
}

TEST_CASE("RateLimiter: many addresses evict each other, but no account") {
  RateLimits limits = switched_on();
  limits.account_per_hour = 1;
  limits.anonymous_per_hour = 1;
  RateLimiter limiter(limits);
  ask(limiter, ada);
  ask(limiter, somewhere);
  auto in_flight = limiter.admit({std::nullopt, "the first"}, RequestKind::read, start);
  for (size_t i = 0; i < limits::counted_clients; ++i) {
    ask(limiter, {std::nullopt, std::to_string(i)});
  }
  CHECK(ask(limiter, ada) == Refusal::primary);
  CHECK(ask(limiter, somewhere) == Refusal::none);  // it was forgotten: the price of bounded memory
}

TEST_CASE("RateLimiter: requests from many threads are counted once each") {
  RateLimits limits = switched_on();
  limits.points_per_minute = limits.account_per_hour = 1'000'000;
  RateLimiter limiter(limits);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) ask(limiter, ada);
      });
    }
  }
  CHECK(quota(limiter, ada).used == 4000);
}

TEST_CASE("RateLimiter: each installation of an app is a client, with the limit of an account") {
  RateLimits limits = switched_on();
  limits.account_per_hour = 1;
  RateLimiter limiter(limits);
  const RateClient first{{}, "", InstallationId{1}}, second{{}, "", InstallationId{2}};
  CHECK(ask(limiter, first) == Refusal::none);
  CHECK(ask(limiter, first) == Refusal::primary);
  CHECK(ask(limiter, second) == Refusal::none);
  CHECK(ask(limiter, ada) == Refusal::none);  // an account with the same number
  CHECK(quota(limiter, first).limit == 1);
}

TEST_CASE("RateLimiter: other limits count at once, and what was counted stays") {
  RateLimits limits = switched_on();
  limits.account_per_hour = 2;
  RateLimiter limiter(limits);
  for (int i = 0; i < 2; ++i) CHECK(ask(limiter, ada) == Refusal::none);
  CHECK(ask(limiter, ada) == Refusal::primary);
  limits.account_per_hour = 3;
  limiter.use(limits);
  CHECK(quota(limiter, ada).remaining() == 1);
  CHECK(ask(limiter, ada) == Refusal::none);
  CHECK(ask(limiter, ada) == Refusal::primary);
  limits.enabled = false;
  limiter.use(limits);
  CHECK_FALSE(limiter.is_enabled());
  CHECK(ask(limiter, ada) == Refusal::none);
  CHECK_FALSE(limiter.admit(ada, RequestKind::read, start).quota());
}
