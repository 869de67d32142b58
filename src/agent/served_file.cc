#include "agent/served_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "agent/files.h"
#include "base/descriptor.h"
#include "base/limits.h"
#include "http/byte_range.h"
#include "http/client_network.h"
#include "http/conditions.h"

namespace esclusa::agent {
namespace {

/// A part of a file that is open: what is left of it is read piece by piece.
class FilePart {
 public:
  FilePart(std::filesystem::path path, Descriptor file, const http::ByteRange& range)
      : path_(std::move(path)),
        file_(std::make_shared<Descriptor>(std::move(file))),
        left_(range) {}

  /// The next piece; `nullopt` at the end of the part. An error if the file has become shorter.
  Result<std::optional<std::string>> next() {
    if (left_.begin >= left_.end) return std::nullopt;
    constexpr int64_t piece_bytes = limits::stream_buffer_bytes;
    std::string text(static_cast<size_t>(std::min(left_.end - left_.begin, piece_bytes)), '\0');
    for (size_t have = 0; have < text.size();) {
      const ssize_t count =
          pread(file_->get(), text.data() + have, text.size() - have, left_.begin);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_error("read", path_);
      if (count == 0) return fail(ErrorCode::unavailable, "a log has become shorter");
      have += static_cast<size_t>(count);
      left_.begin += count;
    }
    return text;
  }
  bool is_read() const { return left_.begin >= left_.end; }

 private:
  std::filesystem::path path_;
  std::shared_ptr<Descriptor> file_;
  http::ByteRange left_;
};

/// A run writes at the end alone, so size and time say whether the file has changed.
std::string etag_of(const struct stat& status) {
  return "\"" + std::to_string(status.st_size) + "-" + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec) + "\"";
}

}  // namespace

Result<http::Response> serve_file(const std::filesystem::path& path, const http::Request& request,
                                  http::LongAnswers& answers) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::not_found, "Not Found");
  }
  const std::string etag = etag_of(status);
  http::Response response{200,
                          {{"Content-Type", "text/plain; charset=utf-8"},
                           {"X-Content-Type-Options", "nosniff"},
                           {"Content-Security-Policy", "default-src 'none'"},
                           {"Cache-Control", "no-cache"},
                           {"Accept-Ranges", "bytes"},
                           {"ETag", etag}}};
  http::ByteRange wanted{0, status.st_size};
  if (const auto range = http::requested_range(request.headers, etag, status.st_size)) {
    http::set_range(response, *range, status.st_size);
    wanted = *range;
  }
  apply_conditions(request, response);
  if (response.status == 304) return response;
  FilePart part(path, std::move(file), wanted);
  std::string begin = TRY(part.next()).value_or("");
  if (part.is_read()) {
    response.body = std::move(begin);
    return response;
  }
  response.stream = answers.open(http::client_network(request.peer), "", std::move(begin),
                                 [part = std::move(part)]() mutable { return part.next(); });
  if (response.stream) return response;
  return fail(ErrorCode::unavailable, "Too many logs are being read.");
}

}  // namespace esclusa::agent
