#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace esclusa::http {

/// The body of an answer that comes bit by bit. A writer puts bytes in, from any thread and without
/// ever waiting; the connection takes them when its socket has room.
class BodyStream {
 public:
  /// `on_change` tells the writer that there is room again, that it shall come to an end, or that
  /// nobody reads any more. It is called by the server, while that runs, and must be quick.
  explicit BodyStream(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  // The writer's side.
  /// False while the reader has yet to take what there is: what is written nevertheless is kept.
  bool has_room() const;
  void write(std::string_view bytes);
  /// Nothing more comes. The connection goes on with the next request.
  void end();
  /// Nothing more comes, and what came is not the whole: the connection closes without the last
  /// chunk, so that neither the client nor a proxy takes it for that.
  void abort();
  /// The server stops: `end` it soon, with whatever makes the body whole.
  bool is_asked_to_end() const;
  /// The connection is gone: what is written goes nowhere.
  bool is_closed() const;

  // The connection's side.
  /// `on_bytes` is called, under a lock, when there is something to take, until `close`.
  void attach(std::function<void()> on_bytes);
  struct Piece {
    std::string bytes;
    bool is_last = false;
    bool is_aborted = false;  ///< then it is the last, too
  };
  Piece take();
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
