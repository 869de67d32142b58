#include "wire/node_id.h"

#include "base/crypto.h"

namespace esclusa::wire {
namespace {

void append_big_endian(std::string& out, uint64_t value, int byte_count) {
  for (int i = byte_count; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

/// An unsigned integer in msgpack's shortest form.
void append_id(std::string& out, int64_t id) {
  auto value = static_cast<uint64_t>(id);
  if (value < 0x80) {
    append_big_endian(out, value, 1);
  } else if (value <= UINT8_MAX) {
    out += '\xcc';
    append_big_endian(out, value, 1);
  } else if (value <= UINT16_MAX) {
    out += '\xcd';
    append_big_endian(out, value, 2);
  } else if (value <= UINT32_MAX) {
    out += '\xce';
    append_big_endian(out, value, 4);
  } else {
    out += '\xcf';
    append_big_endian(out, value, 8);
  }
}

/// A string in GitHub's format. Its length takes 16 bits even where msgpack's newer form needs 8:
/// GitHub's ids of commits (`C_kwDO…oAKD…`) are older than that form.
void append_name(std::string& out, std::string_view name) {
  if (name.size() < 32) {
    out += static_cast<char>(0xa0 | name.size());
  } else {
    out += '\xda';
    append_big_endian(out, name.size(), 2);
  }
  out += name;
}

/// The beginning of the array, with all its ids.
std::string pack(size_t count, std::initializer_list<int64_t> ids) {
  std::string packed;
  packed += static_cast<char>(0x90 | count);
  packed += '\0';
  for (int64_t id : ids) append_id(packed, id);
  return packed;
}

}  // namespace

std::string node_id(std::string_view prefix, std::initializer_list<int64_t> ids) {
  return std::string(prefix) + "_" + base64url(pack(ids.size() + 1, ids));
}

std::string node_id(std::string_view prefix, std::initializer_list<int64_t> ids,
                    std::string_view name) {
  std::string packed = pack(ids.size() + 2, ids);
  append_name(packed, name);
  return std::string(prefix) + "_" + base64url(packed);
}

std::string older_node_id(std::string_view type, int64_t id) {
  const std::string size = std::to_string(type.size());
  return base64("0" + size + ":" + std::string(type) + std::to_string(id));
}

}  // namespace esclusa::wire
