#include "http/long_answers.h"

#include <algorithm>

#include "base/log.h"

namespace esclusa::http {

LongAnswers::~LongAnswers() {
  std::vector<std::unique_ptr<SupervisedThread>> threads;
  {
    Lock lock(mutex_);
    is_stopping_ = true;
    threads.swap(threads_);
  }
  threads.clear();
}

std::shared_ptr<BodyStream> LongAnswers::open(const std::string& reader, const std::string& place,
                                              std::string begin, NextPart next_part) {
  auto stream = std::make_shared<BodyStream>([this] { wake(); });
  stream->write(begin);
  {
    Lock lock(mutex_);
    if (!open_.may_take(reader)) return nullptr;
    // What may fail for lack of memory or threads comes before the stream is counted.
    if (threads_.empty()) start_thread();
    readers_.try_emplace(reader, Reader{turn_});
    bodies_.push_back({reader, place, stream, std::move(next_part)});
    open_.take(reader);
  }
  changed_.notify_one();
  return stream;
}

bool LongAnswers::is_late(std::chrono::steady_clock::time_point now) {
  Lock lock(mutex_);
  return !threads_.empty() &&
         std::ranges::all_of(threads_, [&](const auto& thread) { return thread->is_late(now); });
}

/// Under the lock, so that a thread which has found nothing to do already waits.
void LongAnswers::wake() {
  Lock lock(mutex_);
  changed_.notify_all();
}

void LongAnswers::start_thread() {
  threads_.push_back(std::make_unique<SupervisedThread>(
      "long answers", [this](const std::stop_token& stop) { run(stop); }));
}

void LongAnswers::run(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] { wake(); });
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto body = working_until() ? bodies_.end() : choose();
    if (body == bodies_.end()) {
      wait(lock);
      continue;
    }
    begin_part(*body);
    lock.unlock();
    const bool has_more = write_part(*body);
    lock.lock();
    end_part(body, has_more);
  }
}

/// Until a body may have room, or the part that is being made counts as stuck.
void LongAnswers::wait(Lock& lock) {
  const Resting resting;
  if (const auto end = working_until()) {
    changed_.wait_until(lock, *end);
  } else {
    changed_.wait(lock);
  }
}

/// When the part that is being made will count as stuck; nothing if none is made but stuck ones.
std::optional<LongAnswers::Clock::time_point> LongAnswers::working_until() const {
  std::optional<Clock::time_point> end;
  for (const Body& body : bodies_) {
    if (body.running_since) end = std::max(end, std::optional(*body.running_since + stuck_time_));
  }
  return end && *end > Clock::now() ? end : std::nullopt;
}

/// Of the bodies that have room for a part, one of the reader who has used the least time; of two,
/// the one that has waited longer. Removes those whose client is gone.
LongAnswers::Bodies::iterator LongAnswers::choose() {
  auto chosen = bodies_.end();
  Clock::duration least{};
  for (auto body = bodies_.begin(); body != bodies_.end();) {
    if (!body->running_since && body->stream->is_closed()) {
      body = remove(body);
      continue;
    }
    const auto used = readers_.at(body->reader).used;
    if (body->stream->has_room() && (chosen == bodies_.end() || used < least) &&
        !hangs_beside(*body)) {
      chosen = body;
      least = used;
    }
    ++body;
  }
  return chosen;
}

/// Whether a part of this body, or of another one of its place, is stuck.
bool LongAnswers::hangs_beside(const Body& body) const {
  return std::ranges::any_of(bodies_, [&](const Body& other) {
    return other.running_since &&
           (&other == &body || (!body.place.empty() && other.place == body.place));
  });
}

LongAnswers::Bodies::iterator LongAnswers::remove(Bodies::iterator body) {
  const std::string reader = body->reader;
  open_.give_back(reader);
  if (open_.of(reader) == 0) readers_.erase(reader);
  return bodies_.erase(body);
}

void LongAnswers::begin_part(Body& body) {
  body.running_since = Clock::now();
  ++running_;
  try {  // somebody must be there to see that this part is stuck
    if (running_ == threads_.size() && !is_stopping_) start_thread();
  } catch (const std::exception& error) {
    log::warning("cannot start a thread for long answers", {{"error", error.what()}});
  }
}

void LongAnswers::end_part(Bodies::iterator body, bool has_more) {
  --running_;
  Reader& reader = readers_.at(body->reader);
  turn_ = std::max(turn_, reader.used);  // an idle reader must not save up time
  reader.used = turn_ + (Clock::now() - *body->running_since);
  body->running_since.reset();
  if (has_more) {
    bodies_.splice(bodies_.end(), bodies_, body);
  } else {
    remove(body);
  }
}

/// False if that was the last part.
bool LongAnswers::write_part(Body& body) {
  Result<std::optional<std::string>> part = std::nullopt;
  try {
    part = body.next_part();
  } catch (const std::exception& error) {  // of this body alone
    part = fail(ErrorCode::internal, error.what());
  }
  if (!part) log::error("a long answer broke off", {{"error", part.error().message}});
  if (part && *part) {
    body.stream->write(**part);
    return true;
  }
  if (part) {
    body.stream->end();
  } else {
    body.stream->abort();
  }
  return false;
}

}  // namespace esclusa::http
