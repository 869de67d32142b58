#include "core/token.h"

#include <boost/crc.hpp>

namespace esclusa::core {
namespace {

constexpr std::string_view of_account = "esc_";
constexpr std::string_view of_installation = "ghs_";
constexpr std::string_view of_agent = "esca_";
constexpr size_t random_chars = 30;
constexpr size_t checksum_chars = 6;
constexpr std::string_view base62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::string checksum(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  uint32_t value = crc.checksum();
  std::string digits(checksum_chars, '0');
  for (size_t i = checksum_chars; i-- > 0; value /= 62) digits[i] = base62[value % 62];
  return digits;
}

Secret new_text(std::string_view prefix) {
  std::string text = std::string(prefix) + random_base62(random_chars);
  return Secret(text + checksum(text));
}

bool has_shape(std::string_view text, std::string_view prefix) {
  if (text.size() != prefix.size() + random_chars + checksum_chars) return false;
  if (!text.starts_with(prefix)) return false;
  if (text.substr(prefix.size()).find_first_not_of(base62) != text.npos) return false;
  size_t body = prefix.size() + random_chars;
  return text.substr(body) == checksum(text.substr(0, body));
}

}  // namespace

Secret new_token_text() { return new_text(of_account); }
Secret new_installation_token_text() { return new_text(of_installation); }
Secret new_agent_token_text() { return new_text(of_agent); }

bool has_token_shape(std::string_view text) { return has_shape(text, of_account); }
bool has_installation_token_shape(std::string_view text) {
  return has_shape(text, of_installation);
}

bool has_agent_token_shape(std::string_view text) { return has_shape(text, of_agent); }

std::string token_digest(std::string_view text) { return hex(sha256(text)); }

bool is_usable(const Token& token, const Account& account, Timestamp now) {
  bool expired = token.expires_at && *token.expires_at <= now;
  return !token.revoked_at && !expired && !account.blocked_at;
}

}  // namespace esclusa::core
