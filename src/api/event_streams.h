#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/feed.h"
#include "base/fair_share.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/supervised.h"
#include "http/body_stream.h"

namespace esclusa::api {

/// How a waiting client receives events.
enum class StreamForm {
  one_answer,   ///< one JSON answer, as soon as there is an event or when the wait is over
  server_sent,  ///< Server-Sent Events, until the client disconnects
};

struct StreamRequest {
  std::string client;  ///< with whom others share the streams
  app::Feed feed;
  int64_t after = 0;
  int count = 0;  ///< the most events in one answer
  StreamForm form = StreamForm::one_answer;
  std::chrono::seconds wait{0};  ///< for `one_answer`
};

/// The streams of all clients that wait for events. One thread serves them in turn, a page at a
/// time, so that none of them occupies a thread of the server's pool. The thread starts with the
/// first client. May be called from any thread.
class EventStreams {
 public:
  /// Who reads a stream that is open for long.
  using OnFollow = std::function<void(const core::Actor&)>;

  /// `on_follow` is called every `limits::feed_check_time` for each reader, while its stream is
  /// open, by the thread of the streams.
  explicit EventStreams(const app::Context& context, OnFollow on_follow = {})
      : context_(context), on_follow_(std::move(on_follow)) {}
  EventStreams(const EventStreams&) = delete;

  /// The body of the answer; null if too many wait. A client has at most as many streams as it
  /// leaves to others.
  std::shared_ptr<http::BodyStream> open(StreamRequest request);
  /// Says that there may be new events to read. Costs nothing while nobody waits for any.
  void wake();
  /// How many clients wait for events.
  size_t open_count() {
    Lock lock(mutex_);
    return open_.taken();
  }
  /// Whether the thread should have turned before `now`.
  bool is_late(std::chrono::steady_clock::time_point now) {
    Lock lock(mutex_);
    return thread_ && thread_->is_late(now);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Reader {
    StreamRequest request;
    std::shared_ptr<http::BodyStream> stream;
    Clock::time_point end;        ///< of the wait
    Clock::time_point heartbeat;  ///< when something must be sent to keep the connection alive
    Clock::time_point check;      ///< when the access of the client is judged again
  };
  void wake_thread() REQUIRES(mutex_);
  void run(const std::stop_token& stop);
  Clock::time_point serve_all();
  bool serve_or_end(Reader& reader, int64_t settled, Clock::time_point now, bool& has_more) const;
  bool serve(Reader& reader, int64_t settled, Clock::time_point now, bool& has_more) const;
  bool send(Reader& reader, int64_t settled, Clock::time_point now, bool& has_more) const;
  void finish(Reader& reader) const;
  void count_down(const Reader& reader);

  const app::Context& context_;
  const OnFollow on_follow_;
  Mutex mutex_;
  Condition changed_;
  std::vector<Reader> arrived_ GUARDED_BY(mutex_);
  FairShare<std::string> open_ GUARDED_BY(mutex_){limits::feed_streams};  ///< by client
  bool woken_ GUARDED_BY(mutex_) = false;
  std::vector<Reader> readers_;                                ///< of the thread alone
  std::optional<SupervisedThread> thread_ GUARDED_BY(mutex_);  ///< last: it uses all of the above
};

/// `{"next": …, "events": […]}`
std::string feed_page_text(const app::FeedPage& page);

}  // namespace esclusa::api
