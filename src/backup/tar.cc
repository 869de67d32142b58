#include "backup/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <new>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace esclusa::backup {
namespace {

constexpr size_t block_bytes = 256 * 1024;

using EntryHandle = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

/// libarchive calls this; an exception must not pass through it.
la_ssize_t append(archive*, void* bytes, const void* data, size_t size) noexcept {
  try {
    static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  } catch (...) {
    return -1;
  }
}

std::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::invalid, what, "backup_damaged");
}

std::string error_of(archive* from) {
  const char* text = archive_error_string(from);
  return text != nullptr ? printable(text) : "";
}

}  // namespace

TarWriter::TarWriter(Timestamp at)
    : seconds_(to_micros(at) / 1'000'000), archive_(archive_write_new(), archive_write_free) {
  archive* writer = archive_.get();
  if (writer == nullptr) throw std::bad_alloc();
  // Restricted pax is ustar, but for what ustar cannot say: a file of more than 8 GiB.
  const bool is_set = archive_write_set_format_pax_restricted(writer) == ARCHIVE_OK &&
                      archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK &&
                      archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK &&
                      archive_write_open(writer, &bytes_, nullptr, append, nullptr) == ARCHIVE_OK;
  ENSURE(is_set);
}

Result<void> TarWriter::begin_member(std::string_view name, int64_t size) {
  const EntryHandle entry(archive_entry_new(), archive_entry_free);
  if (!entry) throw std::bad_alloc();
  archive_entry_set_pathname(entry.get(), std::string(name).c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_size(entry.get(), size);
  archive_entry_set_mtime(entry.get(), seconds_, 0);
  return check(archive_write_header(archive_.get(), entry.get()));
}

Result<void> TarWriter::write(std::string_view content) {
  while (!content.empty()) {
    const la_ssize_t count = archive_write_data(archive_.get(), content.data(), content.size());
    if (count <= 0) return check(ARCHIVE_FATAL);
    content.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Result<void> TarWriter::finish_member() {
  return check(archive_write_finish_entry(archive_.get()));
}

Result<void> TarWriter::end() { return check(archive_write_close(archive_.get())); }

std::string TarWriter::take() { return std::exchange(bytes_, {}); }

Result<void> TarWriter::check(int64_t outcome) {
  if (outcome == ARCHIVE_OK) return {};
  return fail(ErrorCode::internal, "a tar file cannot be written: " + error_of(archive_.get()));
}

TarReader::TarReader(int64_t file_size)
    : file_size_(file_size), archive_(archive_read_new(), archive_read_free) {
  if (!archive_) throw std::bad_alloc();
}

Result<TarReader> TarReader::open(int file) {
  struct stat about{};
  if (fstat(file, &about) != 0) return damaged("it cannot be read");
  TarReader reader(about.st_size);
  archive* opened = reader.archive_.get();
  if (archive_read_support_format_tar(opened) != ARCHIVE_OK ||
      archive_read_open_fd(opened, file, block_bytes) != ARCHIVE_OK) {
    return damaged("it is no tar file: " + error_of(opened));
  }
  return reader;
}

Result<std::optional<TarReader::Entry>> TarReader::next() {
  archive_entry* entry = nullptr;
  const int outcome = archive_read_next_header(archive_.get(), &entry);
  if (outcome == ARCHIVE_EOF) return std::nullopt;
  if (outcome != ARCHIVE_OK) return damaged("it is no whole tar file: " + error_of(archive_.get()));
  const char* name = archive_entry_pathname(entry);
  Entry found{name != nullptr ? name : "", archive_entry_size(entry)};
  const bool is_plain = archive_entry_filetype(entry) == AE_IFREG &&
                        archive_entry_hardlink(entry) == nullptr &&
                        archive_entry_sparse_count(entry) == 0;
  if (!is_plain || found.size < 0 || found.size > file_size_) {
    return damaged("its member \"" + printable(found.name) + "\" is not a plain file of a size " +
                   "that it can have");
  }
  return found;
}

Result<void> TarReader::read(const std::function<Result<void>(std::string_view)>& take) {
  for (;;) {
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int outcome = archive_read_data_block(archive_.get(), &data, &size, &offset);
    if (outcome == ARCHIVE_EOF) return {};
    if (outcome != ARCHIVE_OK) return damaged("it cannot be read: " + error_of(archive_.get()));
    TRY(take({static_cast<const char*>(data), size}));
  }
}

}  // namespace esclusa::backup
