#include "api/long_answers.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"

namespace esclusa::api {

std::shared_ptr<http::BodyStream> LongAnswers::open(const std::string& reader, std::string begin,
                                                    NextPart next_part) {
  auto stream = std::make_shared<http::BodyStream>([this] { wake(); });
  stream->write(begin);
  {
    Lock lock(mutex_);
    const auto own = readers_.find(reader);
    const size_t own_count = own == readers_.end() ? 0 : own->second.count;
    if (count_ >= limits_.in_all || own_count >= limits_.of_each) return nullptr;
    // What may fail for lack of memory or threads comes before the stream is counted.
    if (!thread_) {
      thread_.emplace("long answers", [this](const std::stop_token& stop) { run(stop); });
    }
    auto place = own;
    if (own_count == 0) place = readers_.insert_or_assign(reader, Reader{0, turn_}).first;
    arrived_.push_back({reader, stream, std::move(next_part)});
    ++place->second.count;
    ++count_;
    woken_ = true;
  }
  changed_.notify_one();
  return stream;
}

void LongAnswers::wake() {
  {
    Lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void LongAnswers::run(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] { wake(); });
  for (bool has_more = true;;) {
    {
      Lock lock(mutex_);
      if (!has_more) changed_.wait(lock, [this]() REQUIRES(mutex_) { return woken_; });
      woken_ = false;
      std::ranges::move(arrived_, std::back_inserter(bodies_));
      arrived_.clear();
    }
    if (stop.stop_requested()) return;
    has_more = write_next();
    Lock lock(mutex_);
    std::erase_if(bodies_, [this](const Body& body) REQUIRES(mutex_) {
      if (body.is_over) count_down(body.reader);
      return body.is_over;
    });
  }
}

void LongAnswers::count_down(const std::string& reader) {
  --count_;
  const auto own = readers_.find(reader);
  if (--own->second.count == 0) readers_.erase(own);
}

/// Of the bodies that have room for a part, one of the reader who has used the least time; of two,
/// the one that has waited longer, which stands before the other.
LongAnswers::Body* LongAnswers::choose() {
  Lock lock(mutex_);
  Body* chosen = nullptr;
  Clock::duration least{};
  for (Body& body : bodies_) {
    body.is_over = body.stream->is_closed();
    if (body.is_over || !body.stream->has_room()) continue;
    const auto used = readers_.at(body.reader).used;
    if (chosen && used >= least) continue;
    chosen = &body;
    least = used;
  }
  return chosen;
}

/// True if there was a part to write: then the next may be due.
bool LongAnswers::write_next() {
  Body* body = choose();
  if (!body) return false;
  const auto begin = Clock::now();
  write_part(*body);
  {
    Lock lock(mutex_);
    Reader& reader = readers_.at(body->reader);
    turn_ = std::max(turn_, reader.used);  // an idle reader must not save up time
    reader.used = turn_ + (Clock::now() - begin);
  }
  std::rotate(body, body + 1, bodies_.data() + bodies_.size());
  return true;
}

void LongAnswers::write_part(Body& body) {
  Result<std::optional<std::string>> part = std::nullopt;
  try {
    part = body.next_part();
  } catch (const std::exception& error) {  // of this body alone
    part = fail(ErrorCode::internal, error.what());
  }
  if (!part) log::error("a long answer broke off", {{"error", part.error().message}});
  if (part && *part) {
    body.stream->write(**part);
    return;
  }
  if (part) {
    body.stream->end();
  } else {
    body.stream->abort();
  }
  body.is_over = true;
}

}  // namespace esclusa::api
