#include "base/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/text.h"

namespace esclusa {
namespace {

constexpr size_t toml_bytes = size_t{1} << 20;
constexpr size_t toml_line_bytes = 8192;

std::unexpected<Error> because_of_errno() { return fail(ErrorCode::invalid, std::strerror(errno)); }

}  // namespace

Result<std::string> read_small_file(const std::filesystem::path& file, size_t bytes_max) {
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!opened || fstat(opened.get(), &about) != 0) return because_of_errno();
  if (!S_ISREG(about.st_mode)) return fail(ErrorCode::invalid, "it is no regular file");
  std::string text(bytes_max + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(opened.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return because_of_errno();
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > bytes_max) {
    return fail(ErrorCode::invalid, "it has more than " + std::to_string(bytes_max) + " bytes");
  }
  text.resize(size);
  return text;
}

Result<std::string> read_toml_text(const std::filesystem::path& file) {
  std::string text = TRY(read_small_file(file, toml_bytes));
  const bool has_long_line = std::ranges::any_of(
      split(text, '\n'), [](std::string_view line) { return line.size() > toml_line_bytes; });
  if (has_long_line) {
    return fail(ErrorCode::invalid,
                "a line has more than " + std::to_string(toml_line_bytes) + " bytes");
  }
  return text;
}

}  // namespace esclusa
