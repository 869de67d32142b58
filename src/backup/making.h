#pragma once
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "backup/manifest.h"
#include "backup/tar.h"
#include "base/descriptor.h"
#include "base/digest.h"

namespace esclusa::backup {

/// What is backed up.
struct Source {
  const app::Context& context;
  std::filesystem::path database;  ///< a SQLite file that `context` uses
  std::filesystem::path scratch;   ///< a folder for temporary files
  std::string made_by;             ///< `esclusa 0.1.0`
};

/// What must stay free where the database is, so that the server can go on.
inline constexpr int64_t reserved_bytes = 32 * 1024 * 1024;

/// Removes what a process left that was killed while it made a backup.
void remove_leftovers(const Source& source);

/// `storage_full` if a copy of the database finds no room now.
Result<void> check_room(const Source& source);

/// The end of a backup whose bytes until then have that digest. Always as long.
std::string end_text(const std::string& sha256);
inline constexpr int64_t end_bytes = 2048;

/// Makes a backup, one part at a time. One thread at a time; `cancel` from any.
class Making {
 public:
  explicit Making(Source source);

  /// The next part; nothing when all but the end was made. After an error nothing follows.
  /// `unavailable`: `cancelled`, `storage_full`, or the reason of what cannot be read.
  Result<std::optional<std::string>> next();
  /// The last part, after `next` has returned nothing.
  std::string end() const { return end_text(digest_.hex()); }

  /// Makes `next` return soon, with an error.
  void cancel() { is_cancelled_ = true; }

  /// Of the whole file, with its end; once `next` has returned nothing.
  struct Made {
    int64_t size = 0;
    std::string sha256;
    Manifest manifest;
  };
  Made made() const;

 private:
  enum class Stage { begin, repositories, registered, manifest, over };
  Result<void> step();
  Result<void> begin();
  Result<void> copy_database();
  Result<void> make_bundle(MadeRepository& repository);
  Result<void> list_registered();
  /// Its content is `head`, and then the file's.
  Result<void> begin_file(std::string name, Descriptor file, const std::string& head = {});
  Result<void> copy_piece();
  Result<void> add_text(std::string_view name, const std::string& text);
  bool has_no_room();
  Result<Descriptor> temporary_file() const;

  const Source source_;
  std::atomic<bool> is_cancelled_ = false;
  std::chrono::steady_clock::time_point looked_at_{};  ///< for room
  Stage stage_ = Stage::begin;
  Manifest manifest_;
  TarWriter tar_;
  Sha256 digest_;
  std::vector<core::Repository> made_, registered_;
  size_t next_made_ = 0;

  Descriptor file_;  ///< that is being copied into the tar
  Member member_;
  Sha256 member_digest_;
};

}  // namespace esclusa::backup
