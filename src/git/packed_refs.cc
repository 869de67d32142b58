#include "git/packed_refs.h"
#include "git/limits.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/ref.h"

namespace esclusa::git {
namespace {

constexpr size_t line_bytes = 4096 + 64;  ///< a path and the SHA before it
constexpr size_t lookup_block = 1024;     ///< about ten refs
constexpr size_t scan_block = 64 * 1024;

std::unexpected<Error> broken(std::string_view cause) {
  return cannot_read("reading packed-refs", cause);
}

/// Reads a file line by line, starting at an offset.
class Lines {
 public:
  Lines(int file, off_t at, size_t block) : file_(file), at_(at), block_(block) {}

  /// Reads the next line, without its line feed; false at the end. The line is valid until the next
  /// call.
  Result<bool> next(std::string_view& line) {
    size_t end = 0;
    while ((end = buffer_.find('\n', used_)) == buffer_.npos) {
      if (buffer_.size() - used_ > line_bytes) return broken("a line is too long");
      if (!TRY(fill())) {
        if (used_ == buffer_.size()) return false;
        return broken("its last line is not complete");
      }
    }
    line = std::string_view(buffer_).substr(used_, end - used_);
    used_ = end + 1;
    return true;
  }
  /// The offset of the next line.
  off_t position() const { return at_ + static_cast<off_t>(used_); }

 private:
  Result<bool> fill() {
    at_ += static_cast<off_t>(used_);
    buffer_.erase(0, used_);
    used_ = 0;
    const size_t kept = buffer_.size();
    buffer_.resize(kept + block_);
    ssize_t count = 0;
    do {
      count = pread(file_, buffer_.data() + kept, block_, at_ + static_cast<off_t>(kept));
    } while (count < 0 && errno == EINTR);
    buffer_.resize(kept + static_cast<size_t>(count < 0 ? 0 : count));
    if (count < 0) return broken(std::generic_category().message(errno));
    return count > 0;
  }

  int file_;
  off_t at_;  ///< the buffer's offset in the file
  size_t block_;
  std::string buffer_;
  size_t used_ = 0;
};

struct Packed {
  std::string_view name, sha;
};

/// Parses a line that names a ref. Other lines are comments, or give the peeled id of the ref
/// before them.
Result<std::optional<Packed>> parse(std::string_view line) {
  if (line.starts_with('^') || line.starts_with('#')) return std::nullopt;
  const Packed packed{.name = line.substr(std::min<size_t>(41, line.size())),
                      .sha = line.substr(0, 40)};
  if (packed.name.empty() || line[40] != ' ' || !core::is_full_sha(packed.sha)) {
    return broken("a line names no ref");
  }
  return packed;
}

/// The next ref; nothing at the end. git writes at most one line (the peeled id) between two refs;
/// accepting more would let a hostile file make each look-up read very far.
Result<std::optional<Packed>> next_ref(Lines& lines) {
  std::string_view line;
  for (int others = 0; TRY(lines.next(line)); ++others) {
    if (auto packed = TRY(parse(line))) return packed;
    if (others == 1) return broken("two lines in a row name no ref");
  }
  return std::nullopt;
}

}  // namespace

Result<PackedRefs> PackedRefs::open(const Folder& repository) {
  PackedRefs refs;
  refs.file_ = TRY(repository.file("packed-refs", O_RDONLY));
  if (!refs.file_) return refs;
  struct stat info{};
  if (fstat(refs.file_.get(), &info) != 0) return broken("no size");
  refs.size_ = info.st_size;
  if (refs.size_ > limits::packed_refs_bytes) return broken("it is too long");
  Lines lines(refs.file_.get(), 0, lookup_block);
  std::string_view header;
  if (TRY(lines.next(header)) && header.starts_with("# pack-refs with:")) {
    refs.begin_ = lines.position();
    refs.is_sorted_ = (std::string(header) + " ").contains(" sorted ");
  }
  return refs;
}

Result<off_t> PackedRefs::lower_bound(std::string_view name) const {
  // Refs before offset `low` sort before the name; refs from offset `high` on do not.
  off_t low = begin_, high = size_;
  while (is_sorted_ && high - low > static_cast<off_t>(lookup_block)) {
    // The offset is in the middle of a line, whose rest is skipped.
    Lines lines(file_.get(), low + (high - low) / 2, lookup_block);
    std::string_view rest;
    if (!TRY(lines.next(rest))) break;
    const off_t found = lines.position();
    if (found >= high) break;  // only a few lines or one long line are left; they are read in order
    const auto packed = TRY(next_ref(lines));
    if (packed && packed->name < name) {
      low = lines.position();
    } else {
      high = found;
    }
  }
  return low;
}

Result<std::optional<std::string>> PackedRefs::find(std::string_view name) const {
  if (!file_) return std::nullopt;
  Lines lines(file_.get(), TRY(lower_bound(name)), is_sorted_ ? lookup_block : scan_block);
  while (const auto packed = TRY(next_ref(lines))) {
    if (packed->name == name) return std::string(packed->sha);
    if (is_sorted_ && packed->name > name) break;
  }
  return std::nullopt;
}

Result<void> PackedRefs::visit(std::string_view prefix, const Receive& receive,
                               std::string_view after) const {
  if (!file_) return {};
  Lines lines(file_.get(), TRY(lower_bound(std::max(prefix, after))), scan_block);
  while (const auto packed = TRY(next_ref(lines))) {
    const bool goes_on = packed->name.starts_with(prefix) ? receive(packed->name, packed->sha)
                                                          : packed->name < prefix;
    if (is_sorted_ && !goes_on) break;
  }
  return {};
}

}  // namespace esclusa::git
