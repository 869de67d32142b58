#include "git/pack.h"
#include "base/log.h"
#include "git/delta.h"
#include "git/inflate.h"
#include "git/limits.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

// The format is gitformat-pack(5).

namespace esclusa::git {
namespace {

constexpr int offset_delta = 6, reference_delta = 7;
constexpr size_t id_bytes = GIT_OID_RAWSZ;
constexpr size_t header_bytes = 64;  ///< of an entry: two numbers, or one number and an id
// Sizes in an index.
constexpr off_t magic_bytes = 8;  ///< in version 2
constexpr off_t fanout_bytes = 256 * 4;
constexpr off_t trailer_bytes = 2 * off_t{id_bytes};

bool has_prefix(const git_oid& id, const git_oid& prefix, size_t digit_count) {
  return git_oid_ncmp(&id, &prefix, digit_count) == 0;
}

}  // namespace

void PrefixMatch::add(const git_oid& found) {
  if (id && git_oid_equal(&*id, &found) == 0) is_ambiguous = true;
  id = found;
}

Result<void> Pack::read_exactly(int file, void* to, size_t size, off_t at) const {
  auto* place = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t count = pread(file, place, size, at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return cannot_read("reading " + name_,
                         count == 0 ? "it is too short" : std::generic_category().message(errno));
    }
    place += count;
    at += count;
    size -= static_cast<size_t>(count);
  }
  return {};
}

Result<std::optional<Pack>> Pack::open(const Folder& folder, const std::string& name,
                                       ObjectReads& reads) {
  Pack pack(reads);
  pack.name_ = folder.path_of(name);
  const auto left_out = [&](std::string_view cause) {
    log::warning("git pack left out", {{"pack", pack.name_}, {"cause", cause}});
    return std::nullopt;
  };
  pack.index_ = TRY(folder.file(name + ".idx", O_RDONLY));
  pack.pack_ = TRY(folder.file(name + ".pack", O_RDONLY));
  if (!pack.index_ || !pack.pack_) return left_out("half of it is not there");
  struct stat index{}, data{};
  if (fstat(pack.index_.get(), &index) != 0 || fstat(pack.pack_.get(), &data) != 0) {
    return cannot_read("opening " + pack.name_, std::generic_category().message(errno));
  }
  pack.size_ = data.st_size;
  if (index.st_size < magic_bytes + fanout_bytes) return left_out("its index is too short");
  constexpr std::array<unsigned char, magic_bytes> magic = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
  std::array<unsigned char, magic_bytes> begin{};
  TRY(pack.read_exactly(pack.index_.get(), begin.data(), begin.size(), 0));
  if (begin != magic) {
    if (std::equal(begin.begin(), begin.begin() + 4, magic.begin())) {
      return left_out("its version is not known");
    }
    pack.version_ = 1;
  }
  const off_t fanout_at = pack.version_ == 2 ? magic_bytes : 0;
  TRY(pack.read_exactly(pack.index_.get(), pack.fanout_.data(), fanout_bytes, fanout_at));
  for (uint32_t& count : pack.fanout_) count = be32toh(count);
  const off_t each = pack.version_ == 2 ? 28 : 24;
  const off_t least = fanout_at + fanout_bytes + each * pack.fanout_.back() + trailer_bytes;
  if (!std::ranges::is_sorted(pack.fanout_) || index.st_size < least) {
    return left_out("its index is broken");
  }
  return pack;
}

Result<git_oid> Pack::id_at(uint32_t index) const {
  git_oid id;
  const off_t at = version_ == 2 ? 8 + 1024 + off_t{20} * index : 1024 + off_t{24} * index + 4;
  TRY(read_exactly(index_.get(), id.id, id_bytes, at));
  return id;
}

Result<off_t> Pack::offset_at(uint32_t index) const {
  const off_t count = fanout_.back();
  uint32_t offset = 0;
  const off_t at =
      version_ == 2 ? 8 + 1024 + 24 * count + off_t{4} * index : 1024 + off_t{24} * index;
  TRY(read_exactly(index_.get(), &offset, sizeof offset, at));
  offset = be32toh(offset);
  constexpr uint32_t is_long = 0x80000000;
  if (version_ == 1 || (offset & is_long) == 0) return offset;
  uint64_t large = 0;
  TRY(read_exactly(index_.get(), &large, sizeof large,
                   8 + 1024 + 28 * count + off_t{8} * (offset & ~is_long)));
  return static_cast<off_t>(be64toh(large));
}

Result<uint32_t> Pack::lower_bound(const git_oid& id) const {
  const unsigned first = id.id[0];
  uint32_t low = first == 0 ? 0 : fanout_[first - 1], high = fanout_[first];
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const git_oid found = TRY(id_at(middle));
    if (git_oid_cmp(&found, &id) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<std::optional<off_t>> Pack::find(const git_oid& id) const {
  const uint32_t index = TRY(lower_bound(id));
  if (index >= fanout_[id.id[0]]) return std::nullopt;
  const git_oid found = TRY(id_at(index));
  if (git_oid_equal(&found, &id) == 0) return std::nullopt;
  return TRY(offset_at(index));
}

Result<void> Pack::find_prefix(const git_oid& prefix, size_t digit_count,
                               PrefixMatch& match) const {
  std::optional<git_oid> previous;
  for (uint32_t index = TRY(lower_bound(prefix)); index < fanout_[prefix.id[0]]; ++index) {
    const git_oid found = TRY(id_at(index));
    if (!has_prefix(found, prefix, digit_count) || match.is_ambiguous) break;
    // The ids must ascend, so that two of them are enough: a false index may claim four thousand
    // million.
    if (previous && git_oid_cmp(&*previous, &found) >= 0) {
      return cannot_read("reading " + name_, "its index is broken");
    }
    match.add(found);
    previous = found;
  }
  return {};
}

Result<Pack::Entry> Pack::read_entry(off_t at) const {
  const auto broken = [&] { return cannot_read("reading " + name_, "an entry is broken"); };
  char buffer[header_bytes];
  if (at < 12 || at >= size_) return broken();
  const auto size = static_cast<size_t>(std::min<off_t>(sizeof buffer, size_ - at));
  TRY(read_exactly(pack_.get(), buffer, size, at));
  size_t used = 0;
  const auto next = [&] { return used < size ? static_cast<unsigned char>(buffer[used++]) : 0U; };
  unsigned byte = next();
  Entry entry{.type = static_cast<int>(byte >> 4 & 7), .size = byte & 15};
  for (unsigned shift = 4; (byte & 0x80) != 0; shift += 7) {
    if (shift > 57) return broken();
    byte = next();
    entry.size |= static_cast<size_t>(byte & 0x7f) << shift;
  }
  if (entry.type == offset_delta) {
    byte = next();
    off_t distance = byte & 0x7f;
    while ((byte & 0x80) != 0) {
      if (distance > size_) return broken();
      byte = next();
      distance = ((distance + 1) << 7) | (byte & 0x7f);
    }
    entry.base = at - distance;
    if (distance <= 0 || entry.base <= 0) return broken();
  } else if (entry.type == reference_delta) {
    git_oid base;
    if (size - used < id_bytes) return broken();
    std::memcpy(base.id, buffer + used, id_bytes);
    used += id_bytes;
    const auto found = TRY(find(base));
    if (!found) return broken();
    entry.base = *found;
  } else if (entry.type < GIT_OBJECT_COMMIT || entry.type > GIT_OBJECT_TAG) {
    return broken();
  }
  entry.data = at + static_cast<off_t>(used);
  return entry;
}

Result<std::string> Pack::inflate(const Entry& entry) {
  TRY(reads_->spend(entry.size));
  std::string data = TRY(inflate_at(pack_.get(), entry.data, entry.size));
  if (data.size() != entry.size) return cannot_read("reading " + name_, "an entry is too short");
  return data;
}

Result<Pack::Shared> Pack::read_shared(off_t at) {
  const auto broken = [&](std::string_view cause) {
    return cannot_read("reading an object of " + name_, cause);
  };
  // First note only where the deltas are, down to the base: together they may be large.
  std::vector<std::pair<off_t, Entry>> deltas;
  size_t total = 0;
  Shared object;
  while (!(object = reads_->find_base(number_, at))) {
    const Entry entry = TRY(read_entry(at));
    total += entry.size;
    if (entry.size > limits::git_object_bytes || total > limits::git_delta_bytes ||
        deltas.size() > limits::git_delta_depth) {
      return broken("it is too large");
    }
    if (entry.base == 0) {
      object =
          std::make_shared<RawObject>(static_cast<git_object_t>(entry.type), TRY(inflate(entry)));
      if (!deltas.empty()) reads_->keep_base(number_, at, object);
      break;
    }
    deltas.emplace_back(at, entry);
    at = entry.base;
  }
  for (; !deltas.empty(); deltas.pop_back()) {
    const auto& [place, entry] = deltas.back();
    const std::string delta = TRY(inflate(entry));
    const auto size = made_size(delta);
    if (!size) return broken("a delta is broken");
    total += *size;
    if (total > limits::git_delta_bytes) return broken("it is too large");
    TRY(reads_->spend(*size));
    auto made = apply_delta(object->data, delta);
    if (!made) return broken("a delta is broken");
    object = std::make_shared<RawObject>(object->type, std::move(*made));
    reads_->keep_base(number_, place, object);
  }
  return object;
}

Result<RawObject> Pack::read(off_t at) {
  if (const Shared known = reads_->find_base(number_, at)) {
    TRY(reads_->spend(known->data.size()));  // libgit2 copies and hashes it again
    return *known;
  }
  return *TRY(read_shared(at));
}

Result<ObjectHeader> Pack::read_header(off_t at) {
  Entry entry = TRY(read_entry(at));
  ObjectHeader header{GIT_OBJECT_INVALID, entry.size};
  if (entry.base != 0) {
    const auto size = made_size(TRY(inflate_at(pack_.get(), entry.data, 20)));
    if (!size) return cannot_read("reading an object of " + name_, "a delta is broken");
    header.size = *size;
  }
  for (size_t depth = 0; entry.base != 0; ++depth) {
    if (depth > limits::git_delta_depth) return cannot_read("reading " + name_, "it is too deep");
    entry = TRY(read_entry(entry.base));
  }
  header.type = static_cast<git_object_t>(entry.type);
  return header;
}

}  // namespace esclusa::git
