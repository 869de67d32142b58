#include "base/pulse.h"

#include <doctest/doctest.h>

#include <semaphore>

#include "base/limits.h"
#include "base/supervised.h"

using namespace esclusa;
using namespace std::chrono_literals;

TEST_CASE("Pulse: work must end within the bound; a rest may last as long as it said") {
  Pulse pulse;
  const auto later = [](auto time) { return Pulse::Clock::now() + limits::loop_turn_time + time; };
  CHECK_FALSE(pulse.is_late());
  CHECK(pulse.is_late(later(1s)));
  pulse.rest(1h);
  CHECK_FALSE(pulse.is_late(later(30min)));
  CHECK(pulse.is_late(later(61min)));
  pulse.rest();
  CHECK_FALSE(pulse.is_late(later(24h * 365)));
  pulse.work();
  CHECK(pulse.is_late(later(1s)));
}

TEST_CASE("Resting: concerns the thread that waits, and ends with the block") {
  Pulse pulse;
  const auto later = Pulse::Clock::now() + 1h;
  {
    const Resting nobody_watches;
    CHECK(pulse.is_late(later));
  }
  Pulse::set_current(&pulse);
  {
    const Resting resting;
    CHECK_FALSE(pulse.is_late(later));
  }
  CHECK(pulse.is_late(later));
  Pulse::set_current(nullptr);
}

TEST_CASE("SupervisedThread: is late while its work hangs, and not while it waits or has ended") {
  std::binary_semaphore works(0), goes_on(0), has_ended(0);
  SupervisedThread thread("example", [&](const std::stop_token&) {
    works.release();
    goes_on.acquire();
    works.release();
    {
      const Resting resting;
      goes_on.acquire();
    }
    has_ended.release();
  });
  const auto is_late = [&] { return thread.is_late(Pulse::Clock::now() + 1h); };
  works.acquire();
  CHECK(is_late());
  goes_on.release();
  works.acquire();
  while (is_late()) std::this_thread::yield();  // until it rests
  goes_on.release();
  has_ended.acquire();
  while (is_late()) std::this_thread::yield();  // until it has ended
  CHECK(thread.name() == "example");
}
