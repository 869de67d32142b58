#include "agent/run_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/files.h"
#include "base/text.h"

namespace esclusa::agent {

Result<RunLog> RunLog::open(const std::filesystem::path& file, size_t limit_bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return file_error("write", file);
  return RunLog(fd, limit_bytes);
}

RunLog::RunLog(RunLog&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      left_bytes_(other.left_bytes_),
      is_full_(other.is_full_),
      at_line_begin_(other.at_line_begin_),
      mask_(std::move(other.mask_)) {}

RunLog::~RunLog() {
  if (fd_ < 0) return;
  put(mask_->finish());
  close(fd_);
}

void RunLog::append(std::string_view output) {
  if (!is_full_) put(mask_->pass(output));
}

void RunLog::put(std::string_view output) {
  if (is_full_ || output.empty()) return;
  const std::string_view kept = output.substr(0, left_bytes_);
  write(kept);
  left_bytes_ -= kept.size();
  if (kept.size() < output.size()) {
    is_full_ = true;
    say("[The log is full: the rest of the output was cut]");
  }
}

void RunLog::say(std::string_view line) {
  put(mask_->finish());
  write((at_line_begin_ ? "" : "\n") + printable(masked(line)) + "\n");
}

void RunLog::write(std::string_view text) {
  if (text.empty()) return;
  at_line_begin_ = text.ends_with('\n');
  while (!text.empty()) {
    const ssize_t count = ::write(fd_, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;  // a full disk must not end the deployment
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace esclusa::agent
