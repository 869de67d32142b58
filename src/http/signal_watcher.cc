#include <signal.h>

#include <optional>

#include "base/check.h"
#include "base/supervised.h"
#include "http/server.h"

namespace esclusa::http {

struct SignalWatcher::State {
  sigset_t watched;
  sigset_t before;
  std::function<void()> on_stop;
  std::function<void()> on_reload;
  std::optional<SupervisedThread> thread;

  bool await(int& signal) const {
    const Resting resting;
    return sigwait(&watched, &signal) == 0;
  }

  void watch(const std::stop_token& stop) const {
    // A signal to this thread alone wakes it up.
    const std::stop_callback stopping(stop,
                                      [self = pthread_self()] { pthread_kill(self, SIGTERM); });
    for (int signal = 0; await(signal) && !stop.stop_requested();) {
      signal == SIGHUP ? on_reload() : on_stop();
    }
  }
};

SignalWatcher::SignalWatcher(std::function<void()> on_stop, std::function<void()> on_reload)
    : state_(std::make_unique<State>()) {
  sigemptyset(&state_->watched);
  sigaddset(&state_->watched, SIGTERM);
  sigaddset(&state_->watched, SIGINT);
  if (on_reload) sigaddset(&state_->watched, SIGHUP);
  ENSURE(pthread_sigmask(SIG_BLOCK, &state_->watched, &state_->before) == 0);
  state_->on_stop = std::move(on_stop);
  state_->on_reload = std::move(on_reload);
  state_->thread.emplace(
      "signals", [state = state_.get()](const std::stop_token& stop) { state->watch(stop); });
}

SignalWatcher::~SignalWatcher() {
  state_->thread.reset();
  pthread_sigmask(SIG_SETMASK, &state_->before, nullptr);
}

}  // namespace esclusa::http
