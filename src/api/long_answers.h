#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fair_share.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "http/body_stream.h"

namespace esclusa::api {

/// Bodies that are too long for memory. Each is made one part at a time, as fast as its reader
/// takes it. One thread makes them all, so that no slow reader occupies a thread of the server's
/// pool. The next part goes to the reader who has used the least time of that thread. The thread
/// starts with the first body. May be called from any thread.
class LongAnswers {
 public:
  /// Makes the next part of a body; `nullopt` at its end. After an error the body is aborted
  /// (`http::BodyStream::abort`), so that nobody mistakes the incomplete body for the whole.
  using NextPart = std::function<Result<std::optional<std::string>>()>;

  /// How many bodies may be open. Each holds some 256 KiB and one part that nobody has read yet.
  static constexpr size_t lists = 100;
  /// Each may hold a list of its files as well (`limits::archive_list_bytes`).
  static constexpr size_t archives = 20;

  explicit LongAnswers(size_t max_count = lists) : open_(max_count) {}
  LongAnswers(const LongAnswers&) = delete;

  /// Opens a body that begins with `begin`; null if too many are open. A reader has at most as many
  /// as it leaves to others, so that nobody takes all places by not reading.
  std::shared_ptr<http::BodyStream> open(const std::string& reader, std::string begin,
                                         NextPart next_part);
  /// Whether the thread should have turned before `now`.
  bool is_late(std::chrono::steady_clock::time_point now) {
    Lock lock(mutex_);
    return thread_ && thread_->is_late(now);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Body {
    std::string reader;
    std::shared_ptr<http::BodyStream> stream;
    NextPart next_part;
    bool is_over = false;
  };
  struct Reader {
    Clock::duration used{};  ///< starts at `turn_`, so that a new reader is not ahead of the others
  };
  void run(const std::stop_token& stop);
  void wake();
  void count_down(const std::string& reader) REQUIRES(mutex_);
  Body* choose();
  bool write_next();
  static void write_part(Body& body);

  Mutex mutex_;
  Condition changed_;
  std::vector<Body> arrived_ GUARDED_BY(mutex_);
  std::map<std::string, Reader> readers_ GUARDED_BY(mutex_);
  /// What the reader of the latest part had used before.
  Clock::duration turn_ GUARDED_BY(mutex_){};
  FairShare<std::string> open_ GUARDED_BY(mutex_);  ///< bodies, by reader
  bool woken_ GUARDED_BY(mutex_) = false;
  std::vector<Body> bodies_;                                   ///< of the thread alone
  std::optional<SupervisedThread> thread_ GUARDED_BY(mutex_);  ///< last: it uses all of the above
};

}  // namespace esclusa::api
