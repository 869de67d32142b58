#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/pulse.h"

namespace esclusa {

/// Writes lines to a descriptor, by a thread of its own. Nobody who has a line waits for the reader
/// of the descriptor: while it takes no bytes, lines wait in memory; when too many wait, the oldest
/// are dropped, and the next line that is written says how many.
///
/// docs/decisions/0028-log.md says why that thread may block in write(2), and why nobody joins it.
class LineWriter {
 public:
  /// Makes the line which says that lines were dropped here. Called by the thread.
  using Notice = std::function<std::string(size_t dropped)>;

  /// `fd` stays the caller's, and open as long as the thread may write to it: until `flush` or the
  /// destructor says that all is written. At most `bytes_max` bytes of lines wait.
  LineWriter(int fd, Notice notice, size_t bytes_max = limits::log_waiting_bytes);
  /// As `flush(limits::log_flush_time)`. The thread ends once it has written what waits.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;

  /// Adds a line, with its line feed. Any thread. The first line starts the thread. Without memory
  /// for the line it is dropped.
  void push(std::string line) noexcept;
  /// Counts a line that could not be made.
  void drop() noexcept;
  /// How many lines were dropped in all.
  uint64_t dropped_count() const noexcept;
  /// Waits until all lines of before are written, or that time is over; whether they are written.
  bool flush(std::chrono::milliseconds at_most) noexcept;
  /// Whether the thread hangs. Waiting for the reader is no hanging.
  bool is_late(Pulse::Clock::time_point now) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< the thread has it, too
};

/// Writes the text by one write(2) if the descriptor takes bytes within that time. Allocates
/// nothing; for threads that must not wait for a `LineWriter`.
void write_if_ready(int fd, std::string_view text, std::chrono::milliseconds at_most) noexcept;

}  // namespace esclusa
