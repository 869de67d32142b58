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
    const auto own = readers_.find(reader);
    const size_t own_count = own == readers_.end() ? 0 : own->second.count;
    if (stopping_ || count_ >= max_count || own_count >= max_count_each) return nullptr;
    // What may fail for lack of memory or threads comes before the body is counted.
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
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
    has_more = write_next(bodies);
    std::lock_guard lock(mutex_);
    std::erase_if(bodies, [this](const Body& body) {
      if (body.is_over) count_down(body.reader);
      return body.is_over;
    });
  }
}

/// The caller holds the lock.
void LongAnswers::count_down(const std::string& reader) {
  --count_;
  const auto own = readers_.find(reader);
  if (--own->second.count == 0) readers_.erase(own);
}

/// Among the bodies that have room for a part, chooses the one whose reader has used the least
/// time. If two readers have used the same, the body that has waited longer wins; it comes first in
/// the list.
LongAnswers::Body* LongAnswers::choose(std::vector<Body>& bodies) {
  std::lock_guard lock(mutex_);
  Body* chosen = nullptr;
  Clock::duration least{};
  for (Body& body : bodies) {
    body.is_over = body.stream->is_closed();
    if (body.is_over || !body.stream->has_room()) continue;
    const auto used = readers_.at(body.reader).used;
    if (chosen && used >= least) continue;
    chosen = &body;
    least = used;
  }
  return chosen;
}

/// True if a part was written: then there may be more to write.
bool LongAnswers::write_next(std::vector<Body>& bodies) {
  Body* body = choose(bodies);
  if (!body) return false;
  const auto begin = Clock::now();
  write_part(*body);
  {
    std::lock_guard lock(mutex_);
    Reader& reader = readers_.at(body->reader);
    turn_ = std::max(turn_, reader.used);  // an idle reader must not save up time
    reader.used = turn_ + (Clock::now() - begin);
  }
  std::rotate(body, body + 1, bodies.data() + bodies.size());
  return true;
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
