#include "api/event_streams.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "base/log.h"
#include "wire/feed.h"

namespace esclusa::api {
namespace {

/// The time between two looks for events when nobody wakes us: access may have ended, or another
/// process may have written.
constexpr auto look_time = std::chrono::seconds(1);

/// Tells the client how soon to reconnect, and its position in the feed, so that it can resume from
/// there even if it has received no event yet.
std::string greeting(int64_t after) { return "retry: 2000\nid: " + std::to_string(after) + "\n\n"; }

}  // namespace

std::string feed_page_text(const app::FeedPage& page) {
  JsonWriter json;
  json.begin_object().member("next", page.next).key("events").begin_array();
  for (const auto& event : page.events) json.raw(event->json);
  return json.end_array().end_object().take();
}

std::shared_ptr<http::BodyStream> EventStreams::open(StreamRequest request) {
  const auto now = Clock::now();
  Reader reader{.request = std::move(request),
                .stream = std::make_shared<http::BodyStream>([this] { wake(); }),
                .end = now,
                .heartbeat = now + limits::feed_heartbeat,
                .check = now + limits::feed_check_time};
  reader.end += reader.request.wait;
  auto stream = reader.stream;
  if (reader.request.form == StreamForm::server_sent) {
    stream->write(greeting(reader.request.after));
  }
  {
    Lock lock(mutex_);
    const std::string client = reader.request.client;
    if (!open_.may_take(client)) return nullptr;
    // What may fail for lack of memory or threads comes before the stream is counted.
    if (!thread_) {
      thread_.emplace("event streams", [this](const std::stop_token& stop) { run(stop); });
    }
    arrived_.push_back(std::move(reader));
    open_.take(client);
    woken_ = true;
  }
  changed_.notify_one();
  return stream;
}

void EventStreams::wake() {
  Lock lock(mutex_);
  if (open_.taken() > 0) wake_thread();
}

void EventStreams::wake_thread() {
  woken_ = true;
  changed_.notify_one();
}

void EventStreams::count_down(const Reader& reader) {
  Lock lock(mutex_);
  open_.give_back(reader.request.client);
}

void EventStreams::run(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] {
    Lock lock(mutex_);
    wake_thread();
  });
  auto next_look = Clock::now();
  while (!stop.stop_requested()) {
    {
      Lock lock(mutex_);
      auto is_woken = [this]() REQUIRES(mutex_) { return woken_; };
      // Without readers there is nothing to look for. A time far away would overflow.
      if (readers_.empty() && arrived_.empty()) {
        const Resting resting;
        changed_.wait(lock, is_woken);
      } else {
        const Resting resting(look_time);
        changed_.wait_until(lock, next_look, is_woken);
      }
      woken_ = false;
      std::ranges::move(arrived_, std::back_inserter(readers_));
      arrived_.clear();
    }
    if (stop.stop_requested()) return;
    next_look = serve_all();
    std::this_thread::sleep_for(limits::feed_gather_time);
  }
}

/// One turn for each, and when to look again.
EventStreams::Clock::time_point EventStreams::serve_all() {
  const auto now = Clock::now();
  auto next_look = now + look_time;
  if (readers_.empty()) return next_look;
  const auto end = app::feed_end(context_);
  if (!end) return next_look;  // it is logged where it failed
  std::erase_if(readers_, [&](Reader& reader) {
    bool has_more = false;
    const bool stays = serve_or_end(reader, end->settled, now, has_more);
    if (!stays) count_down(reader);
    next_look = std::min({next_look, has_more ? now : next_look,
                          reader.request.form == StreamForm::one_answer ? reader.end : next_look,
                          reader.heartbeat});
    return !stays;
  });
  return next_look;
}

/// Breaks off the stream of a client for which there is no memory, or a row that cannot be read:
/// it comes again, where it was, and the others go on.
bool EventStreams::serve_or_end(Reader& reader, int64_t settled, Clock::time_point now,
                                bool& has_more) const {
  try {
    return serve(reader, settled, now, has_more);
  } catch (const std::exception& exception) {
    log::error("a stream of events broke off", {{"error", exception.what()}});
    reader.stream->abort();
    return false;
  }
}

/// False if the stream is over.
bool EventStreams::serve(Reader& reader, int64_t settled, Clock::time_point now,
                         bool& has_more) const {
  if (reader.stream->is_closed()) return false;
  const bool has_news = reader.request.after < settled && reader.stream->has_room();
  if (has_news || now >= reader.check) {
    reader.check = now + limits::feed_check_time;
    auto judged = app::renew_access(context_, reader.request.feed);
    const bool is_unclear = !judged && judged.error().code == ErrorCode::unavailable;
    if (!judged && !is_unclear) {
      finish(reader);
      return false;
    }
    if (judged && on_follow_) on_follow_(reader.request.feed.actor);
    if (has_news && judged && !send(reader, settled, now, has_more)) return false;
  }
  const bool is_over = reader.request.form == StreamForm::one_answer && now >= reader.end;
  if (is_over || reader.stream->is_asked_to_end()) {
    finish(reader);
    return false;
  }
  if (now >= reader.heartbeat) {
    reader.heartbeat = now + limits::feed_heartbeat;
    if (reader.request.form == StreamForm::server_sent) {
      // The id lets a client continue after events that it may not read.
      reader.stream->write(": still here\nid: " + std::to_string(reader.request.after) + "\n\n");
    }
  }
  return true;
}

/// False if the stream was for one answer, and that was sent.
bool EventStreams::send(Reader& reader, int64_t settled, Clock::time_point now,
                        bool& has_more) const {
  StreamRequest& request = reader.request;
  const auto page = app::read_feed(context_, request.feed, request.after, settled, request.count);
  if (!page) return true;
  request.after = page->next;
  has_more = page->has_more;
  if (page->events.empty()) return true;
  if (request.form == StreamForm::one_answer) {
    reader.stream->write(feed_page_text(*page));
    reader.stream->end();
    return false;
  }
  std::string text;
  for (const auto& event : page->events) {
    text += wire::server_sent_event(event->id, event->kind, event->json);
  }
  reader.stream->write(text);
  reader.heartbeat = now + limits::feed_heartbeat;
  return true;
}

void EventStreams::finish(Reader& reader) const {
  if (reader.request.form == StreamForm::one_answer) {
    reader.stream->write(feed_page_text({.events = {}, .next = reader.request.after}));
  }
  reader.stream->end();
}

}  // namespace esclusa::api
