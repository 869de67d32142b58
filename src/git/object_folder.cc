#include "git/object_folder.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "git/inflate.h"
#include "git/library.h"
#include "git/limits.h"

namespace esclusa::git {
namespace {

constexpr size_t fan_entries = 1'000'000;  ///< in one folder of loose objects
constexpr size_t loose_header_bytes = 32;  ///< the type and the size

std::string loose_name(const git_oid& id) {
  std::string name = text_of(id);
  return name.insert(2, "/");
}

std::unexpected<Error> broken(const git_oid& id) {
  return cannot_read("reading the loose object " + text_of(id), "it is broken");
}

/// Parses the header of a loose object: `commit 123` and a NUL. `length` is the length of the
/// header.
Result<ObjectHeader> parse_loose_header(const git_oid& id, std::string_view text, size_t& length) {
  const size_t end = text.find('\0'), space = text.find(' ');
  if (end == text.npos || space > end) return broken(id);
  length = end + 1;
  ObjectHeader header{git_object_string2type(std::string(text.substr(0, space)).c_str()), 0};
  const std::string_view size = text.substr(space + 1, end - space - 1);
  const auto [rest, error] = std::from_chars(size.data(), size.data() + size.size(), header.size);
  if (error != std::errc() || rest != size.data() + size.size() ||
      header.type == GIT_OBJECT_INVALID) {
    return broken(id);
  }
  return header;
}

}  // namespace

Result<bool> ObjectFolder::open_next_pack() {
  while (!unopened_.empty()) {
    const auto folder = TRY(folder_.folder("pack"));
    if (!folder) return false;
    auto pack = Pack::open(*folder, unopened_.back(), *reads_);
    // A pack that cannot be opened now stays on the list.
    if (!pack && pack.error().reason_code != "repository_unsafe") {
      return std::unexpected(pack.error());
    }
    unopened_.pop_back();
    if (!pack || !*pack) continue;
    packs_.push_back(std::move(**pack));
    return true;
  }
  return false;
}

Result<void> ObjectFolder::list_packs() {
  const auto folder = TRY(folder_.folder("pack"));
  const auto entries = folder ? TRY(folder->list(fan_entries)) : std::vector<Folder::Entry>();
  for (const Folder::Entry& entry : entries) {
    constexpr std::string_view ending = ".idx";
    if (!entry.name.starts_with("pack-") || !entry.name.ends_with(ending)) continue;
    std::string name = entry.name.substr(0, entry.name.size() - ending.size());
    if (known_.contains(name)) continue;
    if (known_.size() == limits::git_packs) {
      return cannot_read("listing the packs", "there are too many: git gc makes one of them");
    }
    known_.insert(name);
    unopened_.push_back(std::move(name));
  }
  has_listed_ = true;
  return {};
}

Result<std::optional<ObjectFolder::Found>> ObjectFolder::find_packed(const git_oid& id) {
  if (!has_listed_) TRY(list_packs());
  for (size_t i = 0; i < packs_.size() || TRY(open_next_pack()); ++i) {
    const auto at = TRY(packs_[i].find(id));
    if (!at) continue;
    std::swap(packs_[0], packs_[i]);
    return Found{&packs_[0], *at};
  }
  return std::nullopt;
}

Result<std::optional<RawObject>> ObjectFolder::read(const git_oid& id) {
  if (const auto found = TRY(find_packed(id))) return TRY(found->pack->read(found->at));
  const Descriptor file = TRY(folder_.file(loose_name(id), O_RDONLY));
  if (!file) return std::nullopt;
  size_t length = 0;
  const std::string begin = TRY(inflate_at(file.get(), 0, loose_header_bytes));
  const ObjectHeader header = TRY(parse_loose_header(id, begin, length));
  if (header.size > limits::git_object_bytes) return broken(id);
  TRY(reads_->spend(length + header.size));
  std::string data = TRY(inflate_at(file.get(), 0, length + header.size));
  if (data.size() != length + header.size) return broken(id);
  return RawObject{header.type, data.erase(0, length)};
}

Result<std::optional<ObjectHeader>> ObjectFolder::read_header(const git_oid& id) {
  if (const auto found = TRY(find_packed(id))) return TRY(found->pack->read_header(found->at));
  const Descriptor file = TRY(folder_.file(loose_name(id), O_RDONLY));
  if (!file) return std::nullopt;
  size_t length = 0;
  return TRY(parse_loose_header(id, TRY(inflate_at(file.get(), 0, loose_header_bytes)), length));
}

Result<bool> ObjectFolder::has(const git_oid& id) {
  if (TRY(find_packed(id))) return true;
  return static_cast<bool>(TRY(folder_.file(loose_name(id), O_RDONLY)));
}

Result<void> ObjectFolder::find_prefix(const git_oid& prefix, size_t digit_count,
                                       PrefixMatch& match) {
  if (!has_listed_) TRY(list_packs());
  while (TRY(open_next_pack())) {
  }
  for (const Pack& pack : packs_) TRY(pack.find_prefix(prefix, digit_count, match));
  const std::string digits = text_of(prefix).substr(0, digit_count);
  const auto fan = TRY(folder_.folder(digits.substr(0, 2)));
  if (!fan) return {};
  for (const Folder::Entry& entry : TRY(fan->list(fan_entries))) {
    const std::string name = digits.substr(0, 2) + entry.name;
    git_oid id;
    if (name.starts_with(digits) && name.size() == GIT_OID_HEXSZ &&
        git_oid_fromstr(&id, name.c_str()) == 0) {
      match.add(id);
    }
  }
  return {};
}

}  // namespace esclusa::git
