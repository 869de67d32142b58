#pragma once
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "app/feed.h"
#include "http/body_stream.h"

namespace esclusa::api {

/// How a waiting client receives events.
enum class StreamForm {
  one_answer,   ///< one JSON answer, as soon as there is an event or when the wait is over
  server_sent,  ///< Server-Sent Events, until the client disconnects
};

struct StreamRequest {
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
  explicit EventStreams(const app::Context& context) : context_(context) {}
  ~EventStreams();
  EventStreams(const EventStreams&) = delete;

  /// The body of the answer; null if too many clients wait, in total or of that account.
  std::shared_ptr<http::BodyStream> open(StreamRequest request);
  /// Says that there may be new events to read.
  void wake();

 private:
  using Clock = std::chrono::steady_clock;
  struct Reader {
    StreamRequest request;
    std::shared_ptr<http::BodyStream> stream;
    Clock::time_point end;        ///< of the wait
    Clock::time_point heartbeat;  ///< when something must be sent to keep the connection alive
    Clock::time_point check;      ///< when the access of the client is judged again
  };
  void run();
  Clock::time_point serve_all(std::vector<Reader>& readers);
  bool serve_or_end(Reader& reader, int64_t settled, Clock::time_point now, bool& has_more) const;
  bool serve(Reader& reader, int64_t settled, Clock::time_point now, bool& has_more) const;
  bool send(Reader& reader, int64_t settled, Clock::time_point now, bool& has_more) const;
  void finish(Reader& reader) const;
  void count_down(const Reader& reader);

  const app::Context& context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Reader> arrived_;
  std::map<AccountId, size_t> counts_;  ///< open streams of each account; 0 stands for no account
  size_t count_ = 0;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

/// `{"next": …, "events": […]}`
std::string feed_page_text(const app::FeedPage& page);

}  // namespace esclusa::api
