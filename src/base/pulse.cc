#include "base/pulse.h"

#include "base/limits.h"

namespace esclusa {
namespace {

thread_local Pulse* pulse_of_thread = nullptr;

}  // namespace

void Pulse::work() { due_ = Clock::now() + limits::loop_turn_time; }

void Pulse::rest(std::chrono::milliseconds at_most) {
  due_ = at_most == std::chrono::milliseconds::max()
             ? Clock::time_point::max()
             : Clock::now() + at_most + limits::loop_turn_time;
}

Pulse* Pulse::current() { return pulse_of_thread; }

void Pulse::set_current(Pulse* pulse) { pulse_of_thread = pulse; }

Resting::Resting(std::chrono::milliseconds at_most) : pulse_(Pulse::current()) {
  if (pulse_ != nullptr) pulse_->rest(at_most);
}

Resting::~Resting() {
  if (pulse_ != nullptr) pulse_->work();
}

}  // namespace esclusa
