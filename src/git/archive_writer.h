#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "core/git_object.h"

struct archive;
struct archive_entry;

namespace esclusa::git {

/// Writes an archive as a sequence of bytes, by libarchive. Owner, modes and times are those that
/// `git archive` writes. The same calls make the same bytes. One thread at a time. Errors are
/// `internal`.
class ArchiveWriter {
 public:
  /// `at` is the time of every entry.
  ArchiveWriter(core::ArchiveFormat format, Timestamp at);
  ArchiveWriter(const ArchiveWriter&) = delete;
  ~ArchiveWriter();

  Result<void> add_folder(const std::string& path);
  Result<void> add_link(const std::string& path, const std::string& target);
  /// Exactly `size` bytes of content must follow, by `write`.
  Result<void> begin_file(const std::string& path, bool is_executable, size_t size);
  Result<void> write(std::string_view content);
  Result<void> end();

  /// The bytes that were made since the last call. libarchive collects some of them first.
  std::string take();

 private:
  Result<void> write_header(const std::string& path, unsigned type, unsigned mode);
  Result<void> check(int outcome);

  std::string bytes_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry_;
  int64_t seconds_;
};

}  // namespace esclusa::git
