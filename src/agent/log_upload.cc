#include "agent/log_upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "agent/files.h"
#include "base/descriptor.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

constexpr size_t part_bytes = 256 * 1024;
constexpr auto send_time = std::chrono::seconds(1);

/// The length of the UTF-8 character that begins with this byte.
size_t character_length(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  return first >= 0xC0 ? 2 : 1;
}

/// At most `size` bytes of a file, from `offset` on.
Result<std::string> read_part(const std::filesystem::path& file, int64_t offset, size_t size) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return file_error("read", file);
  std::string part(size, '\0');
  const ssize_t count = ::pread(fd.get(), part.data(), part.size(), offset);
  if (count < 0) return file_error("read", file);
  part.resize(static_cast<size_t>(count));
  return part;
}

}  // namespace

std::string as_log_text(std::string_view bytes, LogUpload::Log state) {
  std::string text;
  while (!bytes.empty()) {
    const size_t length = character_length(static_cast<unsigned char>(bytes[0]));
    const bool is_cut = length > bytes.size() && std::ranges::all_of(bytes.substr(1), [](char c) {
                          return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
                        });
    if (is_cut && state == LogUpload::Log::grows) break;
    const std::string_view character = bytes.substr(0, length);
    const bool is_whole = !is_cut && is_utf8(character) && character[0] != '\0';
    text += is_whole ? character : "?";
    bytes.remove_prefix(is_whole ? length : 1);
  }
  return text;
}

Result<void> LogUpload::send(Log state, const std::atomic<bool>& stop) {
  for (int differences = 0;;) {
    if (!sent_) sent_ = TRY(api_.append_log(repository_path_, deployment_, 0, "", stop)).size;
    const auto part = read_part(log_, *sent_, part_bytes);
    if (!part) return fail(ErrorCode::internal, part.error().message);
    const bool is_last = part->size() < part_bytes;
    const std::string text = as_log_text(*part, is_last ? state : Log::grows);
    if (text.empty()) return {};
    const auto extent = TRY(api_.append_log(repository_path_, deployment_, *sent_, text, stop));
    sent_ = extent.size;
    // The server's copy differs from ours: somebody else also writes this deployment's log.
    if (!extent.taken && ++differences > 1) {
      return fail(ErrorCode::conflict, "the server has another log of this deployment");
    }
  }
}

LiveLog::LiveLog(LogUpload upload)
    : upload_(std::move(upload)), thread_("log upload", [this](const std::stop_token&) {
        while (!ended_.wait_for(send_time)) {
          auto ignored = upload_.send(LogUpload::Log::grows, ended_.flag());
        }
      }) {}

}  // namespace esclusa::agent
