#pragma once
#include <algorithm>
#include <memory>
#include <semaphore>
#include <string>

#include "http/body_stream.h"

namespace esclusa::test {

/// Reads a streamed body as an HTTP connection does.
class BodyReader {
 public:
  explicit BodyReader(std::shared_ptr<http::BodyStream> stream) : stream_(std::move(stream)) {
    stream_->attach([this] { arrived_.release(); });
  }
  ~BodyReader() { stream_->close(); }
  BodyReader(const BodyReader&) = delete;

  /// Reads the whole body.
  std::string read() {
    std::string text;
    for (;;) {
      const auto piece = stream_->take();
      longest_ = std::max(longest_, piece.bytes.size());
      text += piece.bytes;
      was_aborted_ = piece.is_aborted;
      if (piece.is_last) return text;
      if (piece.bytes.empty()) arrived_.acquire();
    }
  }
  /// The size of the longest piece in bytes.
  size_t longest() const { return longest_; }
  /// True if the body was aborted, so that it is not complete.
  bool was_aborted() const { return was_aborted_; }

 private:
  std::shared_ptr<http::BodyStream> stream_;
  std::counting_semaphore<> arrived_{0};
  size_t longest_ = 0;
  bool was_aborted_ = false;
};

}  // namespace esclusa::test
