#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backup/manifest.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/error.h"

namespace esclusa::backup {

/// Called now and then with how far a long step is.
using Progress = std::function<void(int64_t done, int64_t of)>;

/// A backup on the disk, all of whose bytes are as they were made. Whoever made it may still be
/// hostile. Errors are `invalid`, with the rest of a sentence that begins with the file's name:
/// `no_backup`, `backup_cut_short`, `backup_damaged`, `backup_too_new`; or `unavailable`,
/// `backup_unreadable`.
class File {
 public:
  /// Reads all of it: the digest of the whole file, and that of each member.
  static Result<File> open(const std::filesystem::path& path, const Progress& progress);

  const Manifest& manifest() const { return manifest_; }
  /// Of the whole file.
  int64_t size() const { return size_; }
  const std::string& sha256() const { return sha256_; }

  /// Writes the database and the bundles into an empty folder: as `esclusa.db`, and `7.bundle` for
  /// the repository 7. No name in the file names anything on the disk.
  Result<void> extract(const std::filesystem::path& folder) const;

  struct Registered {
    std::string full_name;
    std::string path;
    std::string head;
    std::string problem;  ///< why its refs are not known; empty if they are
    std::vector<std::pair<std::string, std::string>> refs;  ///< name and SHA
  };
  /// The repositories that lie elsewhere, as they were.
  Result<std::vector<Registered>> registered() const;

 private:
  File(Descriptor file, int64_t size) : file_(std::move(file)), size_(size) {}
  Result<void> check_beginning();
  Result<void> check_bytes(const Progress& progress);
  Result<void> check_members();
  Result<std::string> read_text(std::string_view name, int64_t limit) const;

  Descriptor file_;
  int64_t size_;
  std::string sha256_;
  Manifest manifest_;
};

/// The manifest of a file that was just written, without any check of its bytes.
Result<Manifest> peek_manifest(int file);

/// Judges a backup that arrives as a stream, without reading it again.
class StreamCheck {
 public:
  void add(std::string_view bytes);
  int64_t size() const { return whole_.size() + static_cast<int64_t>(end_.size()); }
  /// Whether what has arrived is a whole backup.
  bool is_whole() const;
  /// Of all of it.
  std::string sha256() const;
  /// Why the server broke it off; empty if it did not say.
  std::string failure() const;

 private:
  Sha256 whole_;     ///< of all bytes but the last ones
  std::string end_;  ///< the last `end_bytes` bytes, or fewer at the beginning
};

/// The name of a bundle after `extract`.
std::string extracted_name(RepositoryId id);

}  // namespace esclusa::backup
