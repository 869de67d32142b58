#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/scope.h"

namespace esclusa::core {

/// `esc_` + 30 random base62 characters (178 bits) + 6 characters of checksum (CRC-32, base62). The
/// checksum catches typing errors before any look-up, and lets secret scanners recognise tokens.
Secret new_token_text();
bool has_token_shape(std::string_view text);
/// The same with `ghs_`: a token of an app's installation.
Secret new_installation_token_text();
bool has_installation_token_shape(std::string_view text);
/// The same with `esca_`: a token of an agent.
Secret new_agent_token_text();
bool has_agent_token_shape(std::string_view text);
/// What is stored of a token: SHA-256 in hex.
std::string token_digest(std::string_view text);

struct Token {
  TokenId id;
  AccountId account_id;
  std::string name;
  Scopes scopes;
  Timestamp created_at{};
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> last_used_at;
  std::optional<Timestamp> revoked_at;
};

/// Whether the token is valid at `now`.
bool is_usable(const Token& token, const Account& account, Timestamp now);

}  // namespace esclusa::core
