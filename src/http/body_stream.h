#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace esclusa::http {

/// The body of an answer that is sent in pieces. A writer adds bytes from any thread and never
/// waits; the connection takes them when its socket has room.
class BodyStream {
 public:
  /// `on_change` tells the writer that there is room again, that it is asked to end, or that the
  /// reader is gone. The running server calls it; it must be quick.
  explicit BodyStream(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  // The writer's side.
  /// False while the buffer is full. Bytes that are written nevertheless are kept.
  bool has_room() const;
  void write(std::string_view bytes);
  /// The body is complete. The connection continues with the next request.
  void end();
  /// The body ends incomplete: the connection closes without the last chunk, so that neither the
  /// client nor a proxy takes the body for complete.
  void abort();
  /// True when the server stops: call `end` soon, after whatever makes the body complete.
  bool is_asked_to_end() const;
  /// True when the connection is gone: what is written is dropped.
  bool is_closed() const;

  // The connection's side.
  /// `on_bytes` is called, under a lock, when there are bytes to take, until `close`.
  void attach(std::function<void()> on_bytes);
  struct Piece {
    std::string bytes;
    bool is_last = false;
    bool is_aborted = false;  ///< `is_last` is true as well
  };
  Piece take();
  size_t size() const;  ///< bytes that are not taken yet
  void ask_to_end();
  void close();

 private:
  void tell_reader() REQUIRES(mutex_);

  const std::function<void()> on_change_;
  mutable Mutex mutex_;
  std::function<void()> on_bytes_ GUARDED_BY(mutex_);
  std::string bytes_ GUARDED_BY(mutex_);
  // The reader knows that there is something, and has not been here yet.
  bool told_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool aborted_ GUARDED_BY(mutex_) = false;
  bool asked_to_end_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace esclusa::http
