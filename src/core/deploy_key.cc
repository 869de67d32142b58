#include "core/deploy_key.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

constexpr std::string_view rsa = "ssh-rsa";
/// DSA is broken, and a certificate is not a key.
constexpr std::string_view accepted_types[] = {"ssh-ed25519",
                                               rsa,
                                               "ecdsa-sha2-nistp256",
                                               "ecdsa-sha2-nistp384",
                                               "ecdsa-sha2-nistp521",
                                               "sk-ssh-ed25519@openssh.com",
                                               "sk-ecdsa-sha2-nistp256@openssh.com"};
constexpr int64_t rsa_bits_min = 2048;  // GitHub's minimum

std::unexpected<Error> refused(std::string field, std::string message, std::string reason) {
  return fail_validation({"PublicKey", std::move(field), "custom", std::move(message)},
                         std::move(reason));
}

std::unexpected<Error> invalid_key(std::string reason = "invalid_key") {
  return refused("key", "key is invalid. You must supply a key in OpenSSH public key format",
                 std::move(reason));
}

constexpr std::string_view blanks = " \t";

/// The text after the blanks at `at`; a line feed does not count as a blank.
std::string_view behind_blanks(std::string_view text, size_t at) {
  return text.substr(std::min(text.find_first_not_of(blanks, at), text.size()));
}

/// Takes the text before the first blank.
std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
  rest = behind_blanks(rest, word.size());
  return word;
}

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

/// Takes base64 up to a blank or the end. Terminals and mail programs wrap long lines: a line feed
/// is skipped where base64 continues right after it. Empty for anything else.
std::string take_wrapped_base64(std::string_view& rest) {
  constexpr std::string_view line_ends = "\r\n";
  std::string taken;
  size_t at = 0;
  while (at < rest.size() && !blanks.contains(rest[at])) {
    at = std::min(rest.find_first_not_of(line_ends, at), rest.size());
    if (at == rest.size() || !is_base64(rest[at])) return "";
    taken += rest[at++];
  }
  rest = behind_blanks(rest, at);
  return taken;
}

}  // namespace

Result<PublicKeyLine> split_public_key(std::string_view text) {
  if (text.size() > limits::public_key_bytes) return invalid_key("too_long");
  std::string_view rest = trim(text);
  PublicKeyLine line;
  line.type = take_word(rest);
  if (std::ranges::count(accepted_types, line.type) == 0) {
    return invalid_key(line.type == "ssh-dss" ? "weak_key" : "invalid_key");
  }
  const auto blob = base64_decode(take_wrapped_base64(rest));
  if (!blob || blob->empty()) return invalid_key();
  // Encoded again, so that one spelling of these bytes is compared, stored and shown.
  line.blob = base64(*blob);
  if (rest.find_first_of("\r\n") != rest.npos) return invalid_key();
  line.comment = rest;
  return line;
}

std::string fingerprint_of(const PublicKeyLine& line) {
  std::string digest = base64(sha256(base64_decode(line.blob).value_or("")));
  while (digest.ends_with('=')) digest.pop_back();
  return "SHA256:" + digest;
}

Result<PublicKey> read_key_report(const PublicKeyLine& line, std::string_view report) {
  std::string_view rest = trim(report);
  if (rest.find('\n') != rest.npos) return invalid_key();
  const auto bits = parse_positive(take_word(rest));
  const std::string_view fingerprint = take_word(rest);
  if (!bits || !fingerprint.starts_with("SHA256:")) return invalid_key();
  if (line.type == rsa && *bits < rsa_bits_min) {
    return refused(
        "key",
        "key is too short. RSA keys must have at least " + std::to_string(rsa_bits_min) + " bits",
        "weak_key");
  }
  return PublicKey{line.type + " " + line.blob, std::string(fingerprint)};
}

std::unexpected<Error> key_in_use() {
  return refused("key", "key is already in use", "key_in_use");
}

bool is_enabled(const DeployKey& key, Timestamp now) {
  return !key.added_by.blocked_at && (!key.expires_at || now < *key.expires_at);
}

Result<std::string> title_of(const NewDeployKey& input, const PublicKeyLine& line,
                             const PublicKey& key) {
  const auto is_title = [](const std::string& text) {
    return utf8_length(text) <= limits::key_title_chars && !has_control_characters(text);
  };
  if (input.title && !input.title->empty()) {
    if (is_title(*input.title)) return *input.title;
    return refused("title",
                   "title must be a line of at most " + std::to_string(limits::key_title_chars) +
                       " characters",
                   "invalid_title");
  }
  return !line.comment.empty() && is_title(line.comment) ? line.comment : key.fingerprint;
}

Result<void> check_expiry(const NewDeployKey& input, Timestamp now) {
  if (!input.expires_at || now < *input.expires_at) return {};
  return refused("expires_at", "expires_at must lie ahead", "invalid_expiry");
}

}  // namespace esclusa::core
