#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
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

  /// How many bodies may be open. `of_each` is the limit of one reader, so that nobody takes all
  /// places by not reading.
  struct Limits {
    size_t in_all;
    size_t of_each;
  };
  /// Each body holds some 256 KiB and one part that nobody has read yet.
  static constexpr Limits lists{100, 10};
  /// Each body may hold a list of its files as well (`limits::archive_list_bytes`).
  static constexpr Limits archives{20, 4};

  explicit LongAnswers(Limits limits = lists) : limits_(limits) {}
  LongAnswers(const LongAnswers&) = delete;

  /// Opens a body that begins with `begin`; null if there are too many.
  std::shared_ptr<http::BodyStream> open(const std::string& reader, std::string begin,
                                         NextPart next_part);

 private:
  using Clock = std::chrono::steady_clock;
  struct Body {
    std::string reader;
    std::shared_ptr<http::BodyStream> stream;
    NextPart next_part;
    bool is_over = false;
  };
  struct Reader {
    size_t count = 0;        ///< open bodies of this reader
    Clock::duration used{};  ///< starts at `turn_`, so that a new reader is not ahead of the others
  };
  void run(const std::stop_token& stop);
  void wake();
  void count_down(const std::string& reader) REQUIRES(mutex_);
  Body* choose();
  bool write_next();
  static void write_part(Body& body);

  const Limits limits_;
  Mutex mutex_;
  Condition changed_;
  std::vector<Body> arrived_ GUARDED_BY(mutex_);
  std::map<std::string, Reader> readers_ GUARDED_BY(mutex_);
  /// What the reader of the latest part had used before.
  Clock::duration turn_ GUARDED_BY(mutex_){};
  size_t count_ GUARDED_BY(mutex_) = 0;
  bool woken_ GUARDED_BY(mutex_) = false;
  std::vector<Body> bodies_;                                   ///< of the thread alone
  std::optional<SupervisedThread> thread_ GUARDED_BY(mutex_);  ///< last: it uses all of the above
};

}  // namespace esclusa::api
