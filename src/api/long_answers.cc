#include "api/long_answers.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"

namespace esclusa::api {

LongAnswers::~LongAnswers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<http::BodyStream> LongAnswers::open(const std::string& reader, std::string begin,
                                                    NextPart next_part) {
  auto stream = std::make_shared<http::BodyStream>([this] { wake(); });
  stream->write(begin);
  {
    std::lock_guard lock(mutex_);
    const auto own = counts_.find(reader);
    const size_t own_count = own == counts_.end() ? 0 : own->second;
    if (stopping_ || count_ >= max_count || own_count >= max_count_each) return nullptr;
    // What may fail for want of memory or threads comes before it counts.
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    size_t& new_count = counts_[reader];
    arrived_.push_back({reader, stream, std::move(next_part)});
    ++new_count;
    ++count_;
    woken_ = true;
  }
  changed_.notify_one();
  return stream;
}

void LongAnswers::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void LongAnswers::run() {
  std::vector<Body> bodies;
  bool has_more = false;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (!has_more) changed_.wait(lock, [this] { return stopping_ || woken_; });
      if (stopping_) return;
      woken_ = false;
      std::ranges::move(arrived_, std::back_inserter(bodies));
      arrived_.clear();
    }
    has_more = write_parts(bodies);
    std::lock_guard lock(mutex_);
    std::erase_if(bodies, [this](const Body& body) {
      if (body.is_over) count_down(body.reader);
      return body.is_over;
    });
  }
}

/// Under the lock.
void LongAnswers::count_down(const std::string& reader) {
  --count_;
  const auto own = counts_.find(reader);
  if (--own->second == 0) counts_.erase(own);
}

/// A part of each that has room for one. True if there was any: then the next may be due.
bool LongAnswers::write_parts(std::vector<Body>& bodies) {
  bool wrote = false;
  for (Body& body : bodies) {
    body.is_over = body.stream->is_closed();
    if (body.is_over || !body.stream->has_room()) continue;
    write_part(body);
    wrote = true;
  }
  return wrote;
}

void LongAnswers::write_part(Body& body) {
  Result<std::optional<std::string>> part = std::nullopt;
  try {
    part = body.next_part();
  } catch (const std::exception& error) {  // it would end the process
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
