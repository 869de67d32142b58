#include "http/body_stream.h"

#include <utility>

#include "base/limits.h"

namespace esclusa::http {

bool BodyStream::has_room() const {
  Lock lock(mutex_);
  return bytes_.size() < limits::stream_buffer_bytes;
}

void BodyStream::write(std::string_view bytes) {
  Lock lock(mutex_);
  if (closed_ || ended_ || bytes.empty()) return;
  bytes_ += bytes;
  tell_reader();
}

void BodyStream::end() {
  Lock lock(mutex_);
  if (closed_ || ended_) return;
  ended_ = true;
  tell_reader();
}

void BodyStream::abort() {
  Lock lock(mutex_);
  if (closed_ || ended_) return;
  ended_ = aborted_ = true;
  tell_reader();
}

bool BodyStream::is_asked_to_end() const {
  Lock lock(mutex_);
  return asked_to_end_;
}

bool BodyStream::is_closed() const {
  Lock lock(mutex_);
  return closed_;
}

// Called under the lock, so that after `close` no thread is inside the callback of the connection.
void BodyStream::tell_reader() {
  if (!on_bytes_ || std::exchange(told_, true)) return;
  on_bytes_();
}

void BodyStream::attach(std::function<void()> on_bytes) {
  Lock lock(mutex_);
  on_bytes_ = std::move(on_bytes);
}

BodyStream::Piece BodyStream::take() {
  Piece piece;
  {
    Lock lock(mutex_);
    told_ = false;
    piece = {std::exchange(bytes_, {}), ended_, aborted_};
  }
  if (piece.bytes.size() >= limits::stream_buffer_bytes) on_change_();
  return piece;
}

size_t BodyStream::size() const {
  Lock lock(mutex_);
  return bytes_.size();
}

void BodyStream::ask_to_end() {
  {
    Lock lock(mutex_);
    if (std::exchange(asked_to_end_, true)) return;
  }
  on_change_();
}

void BodyStream::close() {
  {
    Lock lock(mutex_);
    if (std::exchange(closed_, true)) return;
    on_bytes_ = {};
    bytes_ = {};
  }
  on_change_();
}

}  // namespace esclusa::http
