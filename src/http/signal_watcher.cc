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
  std::function<void()> on_stop;
  std::function<void()> on_reload;
  std::thread thread;

  void watch() {
    int signal = 0;
    while (sigwait(&watched, &signal) == 0 && !ending) signal == SIGHUP ? on_reload() : on_stop();
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
  state_->thread = std::thread([state = state_.get()] { state->watch(); });
}

SignalWatcher::~SignalWatcher() {
  state_->ending = true;
  pthread_kill(state_->thread.native_handle(), SIGTERM);  // only to that thread, to wake it up
  state_->thread.join();
  pthread_sigmask(SIG_SETMASK, &state_->before, nullptr);
}

}  // namespace esclusa::http
