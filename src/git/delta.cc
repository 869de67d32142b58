#include "git/delta.h"

#include "git/limits.h"

namespace esclusa::git {
namespace {

/// Takes a number, lowest byte first. `present` has one bit for each byte that is stored; the
/// others are 0.
bool take_bytes(std::string_view& from, unsigned present, unsigned count, size_t& number) {
  number = 0;
  for (unsigned i = 0; i < count; ++i) {
    if ((present >> i & 1) == 0) continue;
    if (from.empty()) return false;
    number |= static_cast<size_t>(static_cast<unsigned char>(from.front())) << (8 * i);
    from.remove_prefix(1);
  }
  return true;
}

/// Takes one of the two sizes at the beginning of a delta: the size of its base, then of its
/// result. Seven bits per byte, lowest first. False if the size is incomplete.
bool take_delta_size(std::string_view& from, size_t& size) {
  size = 0;
  for (unsigned shift = 0; !from.empty() && shift < 63; shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    size |= static_cast<size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace

std::optional<size_t> made_size(std::string_view delta) {
  size_t base_size = 0, size = 0;
  if (!take_delta_size(delta, base_size) || !take_delta_size(delta, size)) return std::nullopt;
  return size;
}

std::optional<std::string> apply_delta(std::string_view base, std::string_view delta) {
  size_t base_size = 0, size = 0;
  if (!take_delta_size(delta, base_size) || !take_delta_size(delta, size) ||
      base_size != base.size() || size > limits::git_object_bytes) {
    return std::nullopt;
  }
  std::string made;
  made.reserve(size);
  while (!delta.empty()) {
    const auto command = static_cast<unsigned char>(delta.front());
    delta.remove_prefix(1);
    size_t from = 0, count = command;
    std::string_view source = delta;
    if ((command & 0x80) != 0) {
      if (!take_bytes(delta, command, 4, from) || !take_bytes(delta, command >> 4, 3, count)) {
        return std::nullopt;
      }
      if (count == 0) count = 0x10000;
      source = base;
    }
    if (command == 0 || from > source.size() || count > source.size() - from ||
        count > size - made.size()) {
      return std::nullopt;
    }
    made += source.substr(from, count);
    if ((command & 0x80) == 0) delta.remove_prefix(count);
  }
  if (made.size() != size) return std::nullopt;
  return made;
}

}  // namespace esclusa::git
