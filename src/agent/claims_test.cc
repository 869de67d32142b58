#include "agent/claims.h"

#include <doctest/doctest.h>

#include <atomic>

#include "support/fake_github.h"

namespace esclusa::agent {
namespace {
using namespace std::chrono_literals;

/// A keeper whose boot clock is set by the test.
struct Fixture {
  testing::FakeGithub github;
  std::atomic<int64_t> seconds = 1000;
  std::optional<ClaimKeeper> keeper;

  Fixture() {
    github.have_claims();
    github.add(1, {std::string(40, 'a')});
    keeper.emplace(client::Target{.base_url = github.url, .token = Secret("esca_token")},
                   ClaimTimes{.claim = 600s, .heartbeat = 30s, .answer = 5s, .margin = 11s},
                   [this] { return BootTime{"boot", std::chrono::seconds(seconds)}; });
  }
  std::shared_ptr<HeldClaim> claim() {
    const std::atomic<bool> goes_on = false;
    const client::Api api({.base_url = github.url, .token = Secret("esca_token")});
    const auto made = api.claim("demo/shop", 1, 600s, goes_on);
    REQUIRE(made);
    return keeper->keep("demo/shop", 1, made->fence, keeper->now());
  }
};

TEST_CASE_FIXTURE(Fixture, "ClaimKeeper: a heartbeat is sent when it is due, and moves the end") {
  const auto held = claim();
  CHECK(github.heartbeat_count() == 0);
  for (size_t i = 1; i <= 30; ++i) {  // past the first end
    seconds += 31;
    github.wait_for_heartbeats(i);
  }
  CHECK(!held->is_lost());
  CHECK(!held->ending().requested());
}

TEST_CASE_FIXTURE(Fixture, "ClaimKeeper: a claim that the server has ended is lost at once") {
  const auto held = claim();
  github.end_claim(1);
  seconds += 31;
  held->ending().wait();
  CHECK(held->is_lost());
  CHECK(held->why() == "The server ended the claim: It was lost");
}

TEST_CASE_FIXTURE(Fixture, "ClaimKeeper: a token that is refused, or a deployment that is gone") {
  SUBCASE("refused") { github.refuse_tokens(true); }
  SUBCASE("gone") { github.remove(1); }
  const auto held = keeper->keep("demo/shop", 1, 1, keeper->now());
  seconds += 31;
  held->ending().wait();
  CHECK(held->is_lost());
}

TEST_CASE_FIXTURE(Fixture, "ClaimKeeper: without heartbeats the command ends before the claim") {
  const auto held = claim();
  github.set_down(true);
  const size_t before = github.request_count();
  seconds += 588;
  github.wait_for_requests(before + 1);
  CHECK(!held->is_lost());
  seconds += 1;  // 11 s before the end
  held->ending().wait();
  CHECK(held->why() == "The server could not be told in time that the run goes on");
}

TEST_CASE_FIXTURE(Fixture, "ClaimKeeper: what nobody holds is not kept") {
  claim().reset();
  const auto other = keeper->keep_again("demo/shop", 1, 1);
  github.wait_for_heartbeats(1);
  seconds += 10'000;  // nothing runs under it: there is no end to be watched
  github.wait_for_heartbeats(2);
  CHECK(!other->is_lost());
}

TEST_CASE_FIXTURE(Fixture,
                  "ClaimKeeper: the end of the agent ends a heartbeat that is waited for") {
  const auto held = claim();
  keeper.reset();
  CHECK(!held->is_lost());
}

TEST_CASE("StopFlag: a request of the leader is one of those that follow it") {
  StopFlag leader;
  StopFlag early;
  StopFlag late;
  {
    const StopFlag::Following one(leader, early);
    leader.request();
    CHECK(early.requested());
  }
  const StopFlag::Following other(leader, late);
  CHECK(late.requested());
  StopFlag alone;
  {
    StopFlag first;
    {
      const StopFlag::Following gone(first, alone);
    }
    first.request();
  }
  CHECK(!alone.requested());
}

}  // namespace
}  // namespace esclusa::agent
