#include "git/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace esclusa::git {
namespace {

// The modes of git archive: git's own bits, and its default `tar.umask` of 002.
constexpr unsigned folder_mode = 0775, link_mode = 0777;
constexpr unsigned file_mode = 0664, program_mode = 0775;

/// libarchive calls this; an exception must not pass through it.
la_ssize_t append(archive*, void* bytes, const void* data, size_t size) noexcept {
  try {
    static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  } catch (...) {
    return -1;
  }
}

/// The zip writer of libarchive marks names as UTF-8 if the thread's locale is, so the locale fits
/// the name while it is written.
class NameLocale {
 public:
  explicit NameLocale(const std::string& name) {
    static const locale_t plain = newlocale(LC_CTYPE_MASK, "C", nullptr);
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t wanted = is_utf8(name) && utf8 != locale_t{} ? utf8 : plain;
    former_ = uselocale(wanted);
  }
  ~NameLocale() { uselocale(former_); }
  NameLocale(const NameLocale&) = delete;

 private:
  locale_t former_;
};

}  // namespace

ArchiveWriter::ArchiveWriter(core::ArchiveFormat format, Timestamp at)
    : archive_(archive_write_new(), archive_write_free),
      entry_(archive_entry_new(), archive_entry_free),
      seconds_(to_micros(at) / 1'000'000) {
  archive* writer = archive_.get();
  if (writer == nullptr || !entry_) throw std::bad_alloc();
  bool is_set = false;
  if (format == core::ArchiveFormat::zip) {
    is_set = archive_write_set_format_zip(writer) == ARCHIVE_OK;
  } else {
    // The GNU format takes names of any bytes and length as they are.
    is_set = archive_write_set_format_gnutar(writer) == ARCHIVE_OK &&
             archive_write_add_filter_gzip(writer) == ARCHIVE_OK &&
             archive_write_set_options(writer, "gzip:!timestamp") == ARCHIVE_OK;
  }
  constexpr int unblocked = 0;  // nothing is added to fill a last block
  is_set = is_set && archive_write_set_bytes_per_block(writer, unblocked) == ARCHIVE_OK &&
           archive_write_open(writer, &bytes_, nullptr, append, nullptr) == ARCHIVE_OK;
  ENSURE(is_set);
}

ArchiveWriter::~ArchiveWriter() {
  // libarchive completes an archive that was left in the middle, into `bytes_`, which nobody takes.
  // To forbid it (archive_write_fail) would leak what the compressor has.
  archive_.reset();
}

Result<void> ArchiveWriter::add_folder(const std::string& path) {
  return write_header(path, AE_IFDIR, folder_mode);
}

Result<void> ArchiveWriter::add_link(const std::string& path, const std::string& target) {
  archive_entry_clear(entry_.get());
  archive_entry_set_symlink(entry_.get(), target.c_str());
  return write_header(path, AE_IFLNK, link_mode);
}

Result<void> ArchiveWriter::begin_file(const std::string& path, bool is_executable, size_t size) {
  archive_entry_clear(entry_.get());
  archive_entry_set_size(entry_.get(), static_cast<la_int64_t>(size));
  return write_header(path, AE_IFREG, is_executable ? program_mode : file_mode);
}

/// Writes the entry with what was set in it, and clears it.
Result<void> ArchiveWriter::write_header(const std::string& path, unsigned type, unsigned mode) {
  archive_entry_set_pathname(entry_.get(), path.c_str());
  archive_entry_set_filetype(entry_.get(), type);
  archive_entry_set_perm(entry_.get(), mode);
  archive_entry_set_mtime(entry_.get(), seconds_, 0);
  archive_entry_set_uname(entry_.get(), "root");
  archive_entry_set_gname(entry_.get(), "root");
  const NameLocale locale(path);
  TRY(check(archive_write_header(archive_.get(), entry_.get())));
  archive_entry_clear(entry_.get());
  return {};
}

Result<void> ArchiveWriter::write(std::string_view content) {
  while (!content.empty()) {
    const la_ssize_t count = archive_write_data(archive_.get(), content.data(), content.size());
    if (count <= 0) return check(ARCHIVE_FATAL);
    content.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Result<void> ArchiveWriter::end() { return check(archive_write_close(archive_.get())); }

std::string ArchiveWriter::take() { return std::exchange(bytes_, {}); }

/// Warnings are errors, too: an archive that differs from the commit is worse than none.
Result<void> ArchiveWriter::check(int outcome) {
  if (outcome == ARCHIVE_OK) return {};
  const char* text = archive_error_string(archive_.get());
  return fail(ErrorCode::internal,
              "an archive cannot be written: " + std::string(text != nullptr ? text : ""));
}

}  // namespace esclusa::git
