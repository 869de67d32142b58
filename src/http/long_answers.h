#pragma once
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fair_share.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "http/body_stream.h"

namespace esclusa::http {

/// Bodies that are too long for memory. Each is made one part at a time, as fast as its reader
/// takes it. One thread makes them all, so that no slow reader occupies a thread of a lane. The
/// next part goes to the reader who has used the least time of that thread.
///
/// A part that takes longer than `stuck_time` is stuck: it keeps its thread, and another thread
/// goes on with the bodies of other places, so that a repository that hangs holds up itself alone.
/// Threads start when they are first needed. May be called from any thread.
class LongAnswers {
 public:
  /// Makes the next part of a body; `nullopt` at its end. After an error the body is aborted
  /// (`BodyStream::abort`), so that nobody mistakes the incomplete body for the whole.
  using NextPart = std::function<Result<std::optional<std::string>>()>;

  /// How many bodies may be open. Each holds some 256 KiB and one part that nobody has read yet.
  static constexpr size_t lists = 100;
  /// Each may hold a list of its files as well (`limits::archive_list_bytes`).
  static constexpr size_t archives = 20;

  explicit LongAnswers(size_t max_count = lists,
                       std::chrono::milliseconds stuck_time = limits::stuck_time)
      : stuck_time_(stuck_time), open_(max_count) {}
  /// Waits for the parts that are being made, stuck ones too.
  ~LongAnswers();
  LongAnswers(const LongAnswers&) = delete;

  /// Opens a body that begins with `begin`; null if too many are open. A reader has at most as many
  /// as it leaves to others, so that nobody takes all places by not reading. `place` is what may
  /// hang, such as a repository; empty: nothing.
  std::shared_ptr<BodyStream> open(const std::string& reader, const std::string& place,
                                   std::string begin, NextPart next_part);
  /// Whether no thread goes on: all should have turned before `now`.
  bool is_late(std::chrono::steady_clock::time_point now);

 private:
  using Clock = std::chrono::steady_clock;
  struct Body {
    std::string reader;
    std::string place;
    std::shared_ptr<BodyStream> stream;
    NextPart next_part;
    std::optional<Clock::time_point> running_since = {};  ///< while its next part is made
  };
  using Bodies = std::list<Body>;
  struct Reader {
    Clock::duration used{};  ///< starts at `turn_`, so that a new reader is not ahead of the others
  };

  void run(const std::stop_token& stop);
  void wake();
  void wait(Lock& lock) REQUIRES(mutex_);
  std::optional<Clock::time_point> working_until() const REQUIRES(mutex_);
  Bodies::iterator choose() REQUIRES(mutex_);
  bool hangs_beside(const Body& body) const REQUIRES(mutex_);
  void begin_part(Body& body) REQUIRES(mutex_);
  static bool write_part(Body& body);
  void end_part(Bodies::iterator body, bool has_more) REQUIRES(mutex_);
  Bodies::iterator remove(Bodies::iterator body) REQUIRES(mutex_);
  void start_thread() REQUIRES(mutex_);

  const std::chrono::milliseconds stuck_time_;
  Mutex mutex_;
  Condition changed_;
  Bodies bodies_ GUARDED_BY(mutex_);  ///< of two, the one that has waited longer comes first
  std::map<std::string, Reader> readers_ GUARDED_BY(mutex_);
  /// What the reader of the latest part had used before.
  Clock::duration turn_ GUARDED_BY(mutex_){};
  FairShare<std::string> open_ GUARDED_BY(mutex_);  ///< bodies, by reader
  size_t running_ GUARDED_BY(mutex_) = 0;           ///< threads that make a part
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<SupervisedThread>> threads_ GUARDED_BY(mutex_);
};

}  // namespace esclusa::http
