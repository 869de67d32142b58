#include <signal.h>

#include <atomic>
#include <thread>

#include "base/check.h"
#include "http/server.h"

namespace esclusa::http {

struct SignalWatcher::State {
  sigset_t watched;
  sigset_t before;
  std::atomic<bool> ending = false;
  std::function<void()> on_signal;
  std::thread thread;

  void watch() {
    int signal = 0;
    while (sigwait(&watched, &signal) == 0 && !ending) on_signal();
  }
};

SignalWatcher::SignalWatcher(std::function<void()> on_signal) : state_(std::make_unique<State>()) {
  sigemptyset(&state_->watched);
  sigaddset(&state_->watched, SIGTERM);
  sigaddset(&state_->watched, SIGINT);
  ENSURE(pthread_sigmask(SIG_BLOCK, &state_->watched, &state_->before) == 0);
  state_->on_signal = std::move(on_signal);
  state_->thread = std::thread([state = state_.get()] { state->watch(); });
}

SignalWatcher::~SignalWatcher() {
  state_->ending = true;
  pthread_kill(state_->thread.native_handle(), SIGTERM);  // to that thread alone: it wakes up
  state_->thread.join();
  pthread_sigmask(SIG_SETMASK, &state_->before, nullptr);
}

}  // namespace esclusa::http
