#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

struct archive;

/// Tar files of plain files, by libarchive. One thread at a time.
namespace esclusa::backup {

/// Writes one as a sequence of bytes. The same calls make the same bytes. Errors are `internal`.
class TarWriter {
 public:
  /// `at` is the time of each member.
  explicit TarWriter(Timestamp at);
  TarWriter(const TarWriter&) = delete;  // libarchive knows its address

  /// Exactly `size` bytes of content must follow, by `write`, before the next member and the end.
  Result<void> begin_member(std::string_view name, int64_t size);
  Result<void> write(std::string_view content);
  /// Fills up the last member. What was written may be followed by members of another writer.
  Result<void> finish_member();
  /// The end of the file.
  Result<void> end();
  /// The bytes since the last call.
  std::string take();

 private:
  Result<void> check(int64_t outcome);

  const int64_t seconds_;
  std::string bytes_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

/// Reads one whose content may be hostile: everything but plain files is refused, and so is a size
/// that the file cannot have. Nothing is written anywhere. Errors are `invalid`.
class TarReader {
 public:
  /// The descriptor of a file, from its beginning; it stays the caller's.
  static Result<TarReader> open(int file);

  struct Entry {
    std::string name;
    int64_t size = 0;
  };
  /// The next member; what is left of the one before is skipped. Nothing at the tar's end.
  Result<std::optional<Entry>> next();
  /// Calls `take` with the member's bytes, in pieces.
  Result<void> read(const std::function<Result<void>(std::string_view)>& take);

 private:
  explicit TarReader(int64_t file_size);

  int64_t file_size_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

}  // namespace esclusa::backup
