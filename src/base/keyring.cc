#include "base/keyring.h"

#include "base/ids.h"
#include "base/text.h"

namespace esclusa {
namespace {

std::optional<SealingKey> parse_line(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == line.npos || !line.starts_with('k')) return std::nullopt;
  const auto number = parse_positive(line.substr(1, space - 1));
  auto bytes = base64_decode(line.substr(space + 1));
  if (!number || *number > 1'000'000 || !bytes || bytes->size() != SealingKey::bytes) {
    return std::nullopt;
  }
  SealingKey key{static_cast<int>(*number), Secret(*bytes)};
  wipe(*bytes);
  return key;
}

}  // namespace

std::optional<std::vector<SealingKey>> parse_keyring(std::string_view content) {
  if (content.size() == SealingKey::bytes) {
    return std::vector{SealingKey{1, Secret(std::string(content))}};
  }
  std::vector<SealingKey> keys;
  while (content.ends_with('\n')) content.remove_suffix(1);
  for (const std::string_view line : split(content, '\n')) {
    auto key = parse_line(trim(line));
    if (!key || (!keys.empty() && keys.back().number >= key->number)) return std::nullopt;
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return std::nullopt;
  return keys;
}

Secret format_keyring(const std::vector<SealingKey>& keys) {
  if (keys.size() == 1 && keys[0].number == 1) return Secret(std::string(keys[0].key.reveal()));
  std::string text;
  for (const SealingKey& key : keys) {
    text += key.id() + " " + base64(key.key.reveal()) + "\n";
  }
  Secret content{text};
  wipe(text);
  return content;
}

}  // namespace esclusa
