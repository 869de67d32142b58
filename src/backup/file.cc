#include "backup/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "backup/making.h"
#include "backup/tar.h"
#include "base/json.h"
#include "base/text.h"

namespace esclusa::backup {
namespace {

namespace fs = std::filesystem;

constexpr size_t piece_bytes = 1024 * 1024;

std::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::invalid, what, "backup_damaged");
}

std::unexpected<Error> cannot(const std::string& what) {
  return fail(ErrorCode::unavailable, what + ": " + std::strerror(errno), "backup_unreadable");
}

/// Up to `count` bytes from there; fewer only at the file's end.
Result<std::string> read_at(const Descriptor& file, int64_t offset, size_t count) {
  std::string bytes(count, '\0');
  size_t have = 0;
  while (have < count) {
    const ssize_t got = pread(file.get(), bytes.data() + have, count - have,
                              static_cast<off_t>(offset + static_cast<int64_t>(have)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("it cannot be read");
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

/// The tar from its beginning.
Result<TarReader> read_tar(const Descriptor& file) {
  if (lseek(file.get(), 0, SEEK_SET) != 0) return cannot("it cannot be read");
  return TarReader::open(file.get());
}

/// The text of the member that was just found.
Result<std::string> read_all(TarReader& tar, const TarReader::Entry& entry, int64_t limit) {
  if (entry.size > limit) return damaged("its " + entry.name + " is longer than any such text");
  std::string text;
  TRY(tar.read([&](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  }));
  return text;
}

/// Whether members may have that name at that place.
bool is_member_name(std::string_view name, size_t index) {
  if (index == 0) return name == format_name;
  if (index == 1) return name == database_name;
  return id_of_bundle(name).has_value() || name == registered_name;
}

Result<void> write_all(int file, const fs::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("it cannot be unpacked into " + path.string());
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

}  // namespace

Result<File> File::open(const fs::path& path, const Progress& progress) {
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!opened || fstat(opened.get(), &about) != 0) return cannot("it cannot be opened");
  if (!S_ISREG(about.st_mode)) {
    return fail(ErrorCode::invalid, "it is not a file", "no_backup");
  }
  File file(std::move(opened), about.st_size);
  TRY(file.check_beginning());
  TRY(file.check_bytes(progress));
  TRY(file.check_members());
  return file;
}

/// What it is, before anything else: a newer format may have another end.
Result<void> File::check_beginning() {
  const auto no_backup = [] {
    return fail(ErrorCode::invalid, "it is no backup of Esclusa", "no_backup");
  };
  auto tar = read_tar(file_);
  if (!tar) return no_backup();
  const auto first = tar->next();
  if (!first || !*first || (*first)->name != format_name) return no_backup();
  const auto text = read_all(*tar, **first, format_bytes);
  if (!text) return no_backup();
  return check_format(*text);
}

Result<void> File::check_bytes(const Progress& progress) {
  const std::string end = TRY(read_at(file_, std::max<int64_t>(size_ - end_bytes, 0), end_bytes));
  Sha256 whole;
  for (int64_t done = 0; done < size_ - end_bytes;) {
    const int64_t left = size_ - end_bytes - done;
    const std::string piece =
        TRY(read_at(file_, done, static_cast<size_t>(std::min<int64_t>(left, piece_bytes))));
    if (piece.empty()) return damaged("it became shorter while it was read");
    whole.add(piece);
    done += static_cast<int64_t>(piece.size());
    progress(done, size_);
  }
  if (end == end_text(whole.hex())) {
    whole.add(end);
    sha256_ = whole.hex();
    return {};
  }
  // An end of ours with another digest, or none.
  constexpr size_t header = 512, digest = 64;
  const std::string_view named =
      end.size() == end_bytes ? std::string_view(end).substr(header, digest) : "";
  if (!named.empty() && end == end_text(std::string(named))) {
    return damaged("it is damaged: its digest differs from the one that it was made with");
  }
  return fail(ErrorCode::invalid,
              "it is cut short, or its end is damaged: its last member, which is the digest of all "
              "others, is missing",
              "backup_cut_short");
}

/// Follows all members, and compares each with the manifest, which comes last.
Result<void> File::check_members() {
  auto tar = TRY(read_tar(file_));
  std::vector<Member> found;
  std::optional<std::string> manifest;
  bool has_end = false;
  while (const auto entry = TRY(tar.next())) {
    if (has_end) return damaged("there is something after its end");
    if (manifest) {
      if (entry->name != end_name) return damaged("it has an unknown member after its manifest");
      has_end = true;
    } else if (entry->name == end_name) {
      return damaged("it has no manifest");
    } else if (entry->name == manifest_name) {
      manifest = TRY(read_all(tar, *entry, manifest_bytes));
    } else {
      if (!is_member_name(entry->name, found.size())) {
        return damaged("it has the unknown member \"" + printable(entry->name) + "\"");
      }
      Sha256 digest;
      TRY(tar.read([&](std::string_view piece) -> Result<void> {
        digest.add(piece);
        return {};
      }));
      found.push_back({entry->name, digest.size(), digest.hex()});
    }
  }
  if (!manifest || !has_end) return damaged("it has no manifest");
  manifest_ = TRY(parse_manifest(*manifest));
  const auto is_same = [](const Member& a, const Member& b) {
    return a.name == b.name && a.size == b.size && a.sha256 == b.sha256;
  };
  for (size_t i = 0; i < std::max(found.size(), manifest_.members.size()); ++i) {
    const bool both = i < found.size() && i < manifest_.members.size();
    if (both && is_same(found[i], manifest_.members[i])) continue;
    const std::string& name = i < found.size() ? found[i].name : manifest_.members[i].name;
    return damaged("the digest of its member " + printable(name) +
                   " differs from the one in the manifest");
  }
  for (const MadeRepository& repository : manifest_.repositories) {
    if (repository.member.empty()) continue;
    if (std::ranges::count(found, repository.member, &Member::name) != 1) {
      return damaged("it has not exactly one bundle of the repository " +
                     printable(repository.full_name));
    }
  }
  return {};
}

Result<void> File::extract(const fs::path& folder) const {
  auto tar = TRY(read_tar(file_));
  while (const auto entry = TRY(tar.next())) {
    const auto id = id_of_bundle(entry->name);
    if (!id && entry->name != database_name) continue;
    const fs::path path = folder / (id ? extracted_name(*id) : std::string(database_name));
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return cannot("cannot make " + path.string());
    TRY(tar.read([&](std::string_view piece) { return write_all(file.get(), path, piece); }));
  }
  return {};
}

Result<std::string> File::read_text(std::string_view name, int64_t limit) const {
  auto tar = TRY(read_tar(file_));
  while (const auto entry = TRY(tar.next())) {
    if (entry->name == name) return read_all(tar, *entry, limit);
  }
  return damaged("it has no member " + std::string(name));
}

Result<std::vector<File::Registered>> File::registered() const {
  const auto json = Json::parse(TRY(read_text(registered_name, registered_bytes)));
  if (!json || !json->is_array()) return damaged("its list of repositories is damaged");
  std::vector<Registered> list;
  for (const Json& item : json->elements()) {
    Registered repository{.full_name = item.string_at("full_name").value_or(""),
                          .path = item.string_at("path").value_or(""),
                          .head = item.string_at("head").value_or(""),
                          .problem = item.string_at("problem").value_or(""),
                          .refs = {}};
    if (const auto refs = item.find("refs")) {
      for (const auto& [name, sha] : refs->members()) {
        repository.refs.emplace_back(name, sha.string().value_or(""));
      }
    }
    list.push_back(std::move(repository));
  }
  return list;
}

Result<Manifest> peek_manifest(int file) {
  if (lseek(file, 0, SEEK_SET) != 0) return cannot("it cannot be read");
  auto tar = TRY(TarReader::open(file));
  while (const auto entry = TRY(tar.next())) {
    if (entry->name == manifest_name) {
      return parse_manifest(TRY(read_all(tar, *entry, manifest_bytes)));
    }
  }
  return damaged("it has no manifest");
}

void StreamCheck::add(std::string_view bytes) {
  end_ += bytes;
  if (end_.size() <= end_bytes) return;
  const size_t count = end_.size() - end_bytes;
  whole_.add(std::string_view(end_).substr(0, count));
  end_.erase(0, count);
}

bool StreamCheck::is_whole() const { return end_ == end_text(whole_.hex()); }

std::string StreamCheck::sha256() const {
  Sha256 all(whole_);
  all.add(end_);
  return all.hex();
}

std::string StreamCheck::failure() const {
  const size_t at = end_.rfind(failure_mark);
  if (at == end_.npos) return "";
  return printable(trim(std::string_view(end_).substr(at + failure_mark.size())));
}

std::string extracted_name(RepositoryId id) { return std::to_string(id.value) + ".bundle"; }

}  // namespace esclusa::backup
