#include "base/line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <deque>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "base/mutex.h"

namespace esclusa {
namespace {

/// After a batch the thread sleeps for that long, unless somebody waits for it: under load it then
/// writes many lines at once, and nobody pays for waking it.
constexpr auto nap = std::chrono::milliseconds(10);

/// A child of fork() has a copy of the lines, but none of the threads: it writes by itself.
std::atomic<bool> is_forked = false;

void watch_forks() {
  static std::once_flag once;
  std::call_once(once, [] { pthread_atfork(nullptr, nullptr, [] { is_forked = true; }); });
}

/// Blocks all signals of this thread, and so of the threads that it makes: signals are for others,
/// and a reader that is gone is an error of write(2).
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;

 private:
  sigset_t before_;
};

/// Waits for the reader as long as it takes. False if the descriptor can take no more.
bool write_all(int fd, std::string_view text) {
  const Resting resting;
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {  // another process has set O_NONBLOCK
      pollfd writable{fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct LineWriter::State {
  State(int fd, Notice notice, size_t bytes_max)
      : fd(fd), notice(std::move(notice)), bytes_max(bytes_max) {
    pulse.rest();
  }

  const int fd;
  const Notice notice;
  const size_t bytes_max;
  Pulse pulse;
  Mutex mutex;
  Condition changed;                          ///< a line for a thread that waits for one, or more
  Condition wakened;                          ///< somebody waits for a thread that naps
  bool is_waiting GUARDED_BY(mutex) = false;  ///< the thread, for a line
  int flush_count GUARDED_BY(mutex) = 0;      ///< who waits for the thread
  std::deque<std::string> lines GUARDED_BY(mutex);
  size_t bytes GUARDED_BY(mutex) = 0;    ///< of all lines
  size_t dropped GUARDED_BY(mutex) = 0;  ///< since the last notice
  uint64_t dropped_in_all GUARDED_BY(mutex) = 0;
  uint64_t pushed_count GUARDED_BY(mutex) = 0;  ///< in all
  uint64_t done_count GUARDED_BY(mutex) = 0;    ///< of these, the first so many are over
  bool is_running GUARDED_BY(mutex) = false;
  bool is_ending GUARDED_BY(mutex) = false;

  /// The batch begins with the notice, if lines were dropped. A pipe takes a batch of that size
  /// whole or not at all, so that another process cannot write within a line.
  void take(std::string& batch) REQUIRES(mutex) {
    if (dropped > 0) batch = notice(dropped);
    dropped = 0;
    while (!lines.empty() && (batch.empty() || batch.size() + lines.front().size() <= PIPE_BUF)) {
      batch += lines.front();
      pop();
    }
  }

  void pop() REQUIRES(mutex) {
    bytes -= lines.front().size();
    lines.pop_front();
  }

  void drop_oldest() REQUIRES(mutex) {
    pop();
    note_dropped(1);
  }

  void note_dropped(size_t count) REQUIRES(mutex) {
    dropped += count;
    dropped_in_all += count;
  }

  /// Takes and writes one batch. False when there is none and the writer has gone.
  bool turn(std::string& batch) {
    size_t in_batch = 0;  // lines, with those of which the notice tells
    size_t noticed = 0;   // the latter
    uint64_t done = 0;
    {
      Lock lock(mutex);
      await_lines(lock);
      if (lines.empty()) return false;
      noticed = dropped;
      in_batch = lines.size() + dropped;
      try {
        take(batch);
      } catch (const std::exception&) {  // no memory for the notice or for a long line
        drop_oldest();
      }
      in_batch -= lines.size() + dropped;
      done = pushed_count - lines.size();
    }
    const bool is_written = write_all(fd, batch);
    Lock lock(mutex);
    if (!is_written) {
      dropped += in_batch;
      dropped_in_all += in_batch - std::min(noticed, in_batch);
    }
    done_count = done;
    changed.notify_all();
    if (lines.empty()) take_nap(lock);
    return true;
  }

  void await_lines(Lock& lock) REQUIRES(mutex) {
    const Resting resting;
    is_waiting = true;
    changed.wait(lock, [this]() REQUIRES(mutex) { return is_ending || !lines.empty(); });
    is_waiting = false;
  }

  void take_nap(Lock& lock) REQUIRES(mutex) {
    const Resting resting;
    wakened.wait_for(lock, nap, [this]() REQUIRES(mutex) {
      return is_ending || flush_count > 0 || bytes > bytes_max / 4;
    });
  }

  /// False if there is no thread to be had; the next line tries again.
  bool ensure_running(const std::shared_ptr<State>& self) REQUIRES(mutex) {
    if (is_running) return true;
    try {
      const NoSignals no_signals;
      std::thread([self] { self->run(); }).detach();
      return is_running = true;
    } catch (const std::exception&) {
      return false;
    }
  }

  void add(std::string line) REQUIRES(mutex) {
    const size_t size = line.size();
    while (!lines.empty() && bytes + size > bytes_max) drop_oldest();
    try {
      lines.push_back(std::move(line));
    } catch (const std::bad_alloc&) {
      return note_dropped(1);
    }
    bytes += size;
    ++pushed_count;
  }

  void run() {
    pthread_setname_np(pthread_self(), "log");
    Pulse::set_current(&pulse);
    std::string batch;
    do {
      batch.clear();
    } while (turn(batch));
    pulse.rest();
  }
};

LineWriter::LineWriter(int fd, Notice notice, size_t bytes_max)
    : state_(std::make_shared<State>(fd, std::move(notice), bytes_max)) {
  watch_forks();
}

LineWriter::~LineWriter() {
  {
    Lock lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->changed.notify_all();
  state_->wakened.notify_one();
  flush(limits::log_flush_time);
}

void LineWriter::push(std::string line) noexcept {
  State& state = *state_;
  bool is_running = false, is_waiting = false, is_much = false;
  if (!is_forked) {
    Lock lock(state.mutex);
    is_running = state.ensure_running(state_);
    if (is_running) state.add(std::move(line));
    is_waiting = state.is_waiting;
    is_much = state.bytes > state.bytes_max / 4;
  }
  if (!is_running) return write_if_ready(state.fd, line, std::chrono::milliseconds(0));
  if (is_waiting) state.changed.notify_all();
  if (is_much) state.wakened.notify_one();
}

void LineWriter::drop() noexcept {
  if (is_forked) return;
  Lock lock(state_->mutex);
  state_->note_dropped(1);
}

uint64_t LineWriter::dropped_count() const noexcept {
  Lock lock(state_->mutex);
  return state_->dropped_in_all;
}

bool LineWriter::flush(std::chrono::milliseconds at_most) noexcept {
  if (is_forked) return true;
  State& state = *state_;
  Lock lock(state.mutex);
  const uint64_t target = state.pushed_count;
  ++state.flush_count;
  state.wakened.notify_one();
  const bool is_written = state.changed.wait_for(
      lock, at_most, [&]() REQUIRES(state.mutex) { return state.done_count >= target; });
  --state.flush_count;
  return is_written;
}

bool LineWriter::is_late(Pulse::Clock::time_point now) const { return state_->pulse.is_late(now); }

void write_if_ready(int fd, std::string_view text, std::chrono::milliseconds at_most) noexcept {
  pollfd writable{fd, POLLOUT, 0};
  if (poll(&writable, 1, static_cast<int>(at_most.count())) != 1) return;
  while (::write(fd, text.data(), text.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace esclusa
