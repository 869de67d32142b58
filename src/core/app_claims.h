#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

/// What an app says of itself when it signs.
namespace esclusa::core {

/// The id that an app can name instead of its number: `Iv1.` and 16 hexadecimal digits.
std::string client_id(AppId id);

/// The claims of an app's JWT. The times are seconds since 1970; nothing if they are absent or no
/// integers.
struct AppClaims {
  std::string issuer;  ///< empty if it is absent; a number as decimal digits
  std::optional<int64_t> issued_at;
  std::optional<int64_t> expires_at;
  /// The assertion must not be used earlier. Nothing if it is absent, which it may be; one that is
  /// no integer is a time that never comes.
  std::optional<int64_t> not_before = {};
};

/// The app that the issuer names, by its id or by its client id. `unauthenticated`, with GitHub's
/// texts.
Result<AppId> issuing_app(const AppClaims& claims);
/// Whether the claims hold at `now`: issued before, not for later use (RFC 7519, 4.1.5), not
/// expired, and for ten minutes at most. Clocks may differ by a minute. `unauthenticated`, with the
/// texts by which GitHub's clients notice that their clock is wrong.
Result<void> check_times(const AppClaims& claims, Timestamp now);

}  // namespace esclusa::core
