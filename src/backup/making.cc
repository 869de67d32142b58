#include "backup/making.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "backup/bundles.h"
#include "base/check.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "sql/inspect.h"
#include "sql/sqlite_copy.h"
#include "store/identity.h"
#include "store/repositories.h"
#include "store/restoration.h"

namespace esclusa::backup {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* copy_name = "backup.db";
constexpr const char* bundle_folder_name = "backup.bundle";
constexpr size_t piece_bytes = 512 * 1024;  ///< more than a stream's buffer, so that it tells us

std::unexpected<Error> no_room(const fs::path& folder) {
  return fail(ErrorCode::unavailable,
              "there is no room for a copy of the database in " + folder.string() +
                  ": a backup needs as much free space there as the database takes",
              "storage_full");
}

/// Free bytes in the folder's file system, for this user.
Result<int64_t> free_bytes(const fs::path& folder) {
  struct statvfs about{};
  if (statvfs(folder.c_str(), &about) != 0) {
    return fail(ErrorCode::unavailable,
                "cannot look at " + folder.string() + ": " + std::strerror(errno));
  }
  return static_cast<int64_t>(about.f_bavail) * static_cast<int64_t>(about.f_frsize);
}

int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(size);
}

/// Whether `repo create` made it: those lie side by side in one folder.
bool is_made_here(const core::Repository& repository, const fs::path& folder) {
  return fs::path(repository.path).parent_path() == folder;
}

}  // namespace

void remove_leftovers(const Source& source) {
  std::error_code ignored;
  for (const char* kind : {"", "-journal", "-wal", "-shm"}) {
    unlink((source.scratch / (std::string(copy_name) + kind)).c_str());
  }
  fs::remove_all(source.scratch / bundle_folder_name, ignored);
}

Result<void> check_room(const Source& source) {
  const fs::path log = source.database.string() + "-wal";
  const int64_t needed = size_of(source.database) + size_of(log) + reserved_bytes;
  if (TRY(free_bytes(source.scratch)) < needed) return no_room(source.scratch);
  return {};
}

std::string end_text(const std::string& sha256) {
  TarWriter tar(Timestamp{});
  const std::string text = sha256 + "\n";
  const bool is_written = tar.begin_member(end_name, static_cast<int64_t>(text.size())) &&
                          tar.write(text) && tar.finish_member() && tar.end();
  std::string bytes = tar.take();
  ENSURE(is_written && bytes.size() == end_bytes);
  return bytes;
}

Making::Making(Source source) : source_(std::move(source)), tar_(source_.context.now()) {
  manifest_.made_by = source_.made_by;
  manifest_.created_at = source_.context.now();
}

Result<std::optional<std::string>> Making::next() {
  for (;;) {
    if (is_cancelled_) return fail(ErrorCode::unavailable, "the backup was cancelled", "cancelled");
    if (file_) {
      TRY(copy_piece());
    } else if (stage_ == Stage::over) {
      return std::nullopt;
    } else {
      TRY(step());
    }
    std::string part = tar_.take();
    if (part.empty()) continue;
    digest_.add(part);
    return part;
  }
}

Making::Made Making::made() const {
  Sha256 whole(digest_);
  whole.add(end());
  return {whole.size(), whole.hex(), manifest_};
}

Result<void> Making::step() {
  switch (stage_) {
    case Stage::begin: stage_ = Stage::repositories; return begin();
    case Stage::repositories:
      if (next_made_ < made_.size()) return make_bundle(manifest_.repositories[next_made_++]);
      stage_ = Stage::registered;
      return {};
    case Stage::registered: stage_ = Stage::manifest; return list_registered();
    case Stage::manifest: {
      stage_ = Stage::over;
      // Its own digest is a part of the whole file's.
      const std::string text = manifest_text(manifest_);
      TRY(tar_.begin_member(manifest_name, static_cast<int64_t>(text.size())));
      TRY(tar_.write(text));
      return tar_.finish_member();
    }
    case Stage::over: break;
  }
  return {};
}

Result<void> Making::begin() {
  TRY(add_text(format_name, format_text(source_.made_by)));
  return copy_database();
}

/// Whether the copy shall end because the server needs what is left of the disk. Asked often.
bool Making::has_no_room() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < 100ms) return false;
  looked_at_ = now;
  const auto free = free_bytes(source_.scratch);
  return free && *free < reserved_bytes;
}

Result<void> Making::copy_database() {
  TRY(check_room(source_));
  const fs::path copy = source_.scratch / copy_name;
  unlink(copy.c_str());
  bool is_full = false;
  const auto copied = sql::copy_sqlite(source_.database.string(), copy.string(), [&] {
    is_full = is_full || has_no_room();
    return is_full || is_cancelled_;
  });
  if (is_full) return no_room(source_.scratch);
  if (!copied) return copied;
  // The file goes when its descriptor does, whatever becomes of this process.
  const auto inspected = sql::inspect_sqlite(copy.string(), [&](sql::Reader& db) -> Result<void> {
    const auto identity = store::find_identity(db);
    if (!identity) return fail(ErrorCode::unavailable, "the database has no identity");
    manifest_.identity = identity->identity;
    manifest_.key_digest = identity->key_digest;
    if (const auto rotation = store::find_key_rotation(db)) {
      manifest_.new_key_digest = rotation->key_digest;
    }
    manifest_.schema = store::newest_migration(db);
    std::error_code error;
    const fs::path folder = fs::weakly_canonical(source_.context.repositories_directory, error);
    for (core::Repository& repository : store::list_repositories(db)) {
      auto& list = is_made_here(repository, folder) ? made_ : registered_;
      list.push_back(std::move(repository));
    }
    return {};
  });
  Descriptor file(::open(copy.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  unlink(copy.c_str());
  TRY(inspected);
  for (const core::Repository& repository : made_) {
    manifest_.repositories.push_back({.id = repository.id,
                                      .full_name = repository.full_name(),
                                      .path = repository.path,
                                      .head = "refs/heads/" + repository.default_branch,
                                      .member = "",
                                      .problem = ""});
  }
  return begin_file(std::string(database_name), std::move(file));
}

/// A repository that cannot be read must not be why the database has no backup: the manifest says
/// what is missing.
Result<void> Making::make_bundle(MadeRepository& repository) {
  const core::Repository& row = made_[next_made_ - 1];
  const auto head = find_head(row);
  if (head && !head->empty()) repository.head = *head;
  auto bundle = backup::make_bundle(row, source_.scratch / bundle_folder_name, is_cancelled_);
  if (!bundle) {
    const std::string& reason = bundle.error().reason_code;
    if (reason == "cancelled") return std::unexpected(bundle.error());
    if (reason == "storage_full") return no_room(source_.scratch);
    log::warning("a repository is missing in the backup",
                 {{"repository", repository.full_name}, {"error", bundle.error().message}});
    repository.problem = bundle.error().message;
    return {};
  }
  if (!*bundle) return {};  // it has no commit yet
  repository.member = bundle_name(repository.id);
  return begin_file(repository.member, std::move((*bundle)->pack), (*bundle)->head);
}

/// Their refs, so that a restore can say what has moved since.
Result<void> Making::list_registered() {
  Descriptor file = TRY(temporary_file());
  std::FILE* const stream = fdopen(dup(file.get()), "w");
  if (stream == nullptr) return no_room(source_.scratch);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> closing(stream, std::fclose);
  std::fputs("[", stream);
  for (size_t i = 0; i < registered_.size() && !is_cancelled_; ++i) {
    const core::Repository& repository = registered_[i];
    const auto list = list_refs(repository);
    JsonWriter json;
    json.begin_object()
        .member("id", repository.id.value)
        .member("full_name", repository.full_name())
        .member("path", repository.path)
        .member("writable", repository.writable)
        .member("head", list ? list->head : "")
        .member("problem", list ? "" : list.error().message)
        .key("refs")
        .begin_object();
    if (list) {
      for (const Ref& ref : list->refs) json.member(ref.name, ref.sha);
    }
    json.end_object().end_object();
    std::fputs((json.take() + (i + 1 < registered_.size() ? ",\n" : "")).c_str(), stream);
  }
  std::fputs("]\n", stream);
  if (std::fflush(stream) != 0) return no_room(source_.scratch);
  return begin_file(std::string(registered_name), std::move(file));
}

Result<void> Making::begin_file(std::string name, Descriptor file, const std::string& head) {
  struct stat about{};
  if (!file || fstat(file.get(), &about) != 0 || lseek(file.get(), 0, SEEK_SET) != 0) {
    return fail(ErrorCode::unavailable, "cannot read the " + name + " of the backup");
  }
  const int64_t size = about.st_size + static_cast<int64_t>(head.size());
  TRY(tar_.begin_member(name, size));
  TRY(tar_.write(head));
  file_ = std::move(file);
  member_ = {std::move(name), size, ""};
  member_digest_ = Sha256();
  member_digest_.add(head);
  return {};
}

Result<void> Making::copy_piece() {
  std::string piece(piece_bytes, '\0');
  ssize_t count = 0;
  do {
    count = ::read(file_.get(), piece.data(), piece.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return fail(ErrorCode::unavailable,
                "cannot read the " + member_.name + " of the backup: " + std::strerror(errno));
  }
  piece.resize(static_cast<size_t>(count));
  member_digest_.add(piece);
  TRY(tar_.write(piece));
  if (member_digest_.size() < member_.size && count > 0) return {};
  file_.close();
  member_.sha256 = member_digest_.hex();
  manifest_.members.push_back(std::move(member_));
  return tar_.finish_member();
}

Result<void> Making::add_text(std::string_view name, const std::string& text) {
  TRY(tar_.begin_member(name, static_cast<int64_t>(text.size())));
  TRY(tar_.write(text));
  Sha256 digest;
  digest.add(text);
  manifest_.members.push_back({std::string(name), digest.size(), digest.hex()});
  return tar_.finish_member();
}

/// A file without a name: it goes with its descriptor.
Result<Descriptor> Making::temporary_file() const {
  Descriptor file(::open(source_.scratch.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  std::string name = source_.scratch / "backup.XXXXXX";  // this file system has no such files
  file = Descriptor(mkostemp(name.data(), O_CLOEXEC));
  if (!file) {
    return fail(ErrorCode::unavailable, "cannot make a temporary file in " +
                                            source_.scratch.string() + ": " + std::strerror(errno));
  }
  unlink(name.c_str());
  return file;
}

}  // namespace esclusa::backup
