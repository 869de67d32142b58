#pragma once
#include <atomic>
#include <chrono>

namespace esclusa {

/// Shows whether a thread's loop still turns. A loop works or rests. Work takes at most
/// limits::loop_turn_time; a rest ends when it said that it would, or when there is work. What
/// takes longer is late: it hangs. Any thread may ask, and waits for nothing.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  Pulse() { work(); }
  Pulse(const Pulse&) = delete;

  /// The loop works from now on.
  void work();
  /// The loop waits, until something happens or the time is over.
  void rest(std::chrono::milliseconds at_most = std::chrono::milliseconds::max());
  /// Whether it should have turned before `now`.
  bool is_late(Clock::time_point now = Clock::now()) const { return now > due_.load(); }

  /// The pulse of this thread; null if nobody watches the thread.
  static Pulse* current();
  /// From now on `pulse` is this thread's; null: none is.
  static void set_current(Pulse* pulse);

 private:
  std::atomic<Clock::time_point> due_;
};

/// While it lives, this thread's pulse rests: the thread waits.
class Resting {
 public:
  explicit Resting(std::chrono::milliseconds at_most = std::chrono::milliseconds::max());
  ~Resting();
  Resting(const Resting&) = delete;

 private:
  Pulse* pulse_;
};

}  // namespace esclusa
