#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "base/crypto.h"

/// The file that holds the keys that seal: either one key as 32 raw bytes, which is `k1`, or a line
/// `k2 BASE64` for each, with growing numbers.
namespace esclusa {

/// More than a file of keys can have.
inline constexpr size_t keyring_file_bytes = 4096;

/// Nothing if that is no such file, or one without keys.
std::optional<std::vector<SealingKey>> parse_keyring(std::string_view content);
Secret format_keyring(const std::vector<SealingKey>& keys);

}  // namespace esclusa
