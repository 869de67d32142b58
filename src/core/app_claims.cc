#include "core/app_claims.h"

#include <charconv>
#include <chrono>

namespace esclusa::core {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds skew = 60s;
constexpr std::chrono::seconds lifetime_max = 10min;
constexpr std::string_view client_id_prefix = "Iv1.";
constexpr size_t client_id_digits = 16;

std::unexpected<Error> refuse(const char* message, const char* reason_code) {
  return fail(ErrorCode::unauthenticated, message, reason_code);
}

std::optional<AppId> app_of_client_id(std::string_view text) {
  if (!text.starts_with(client_id_prefix)) return std::nullopt;
  text.remove_prefix(client_id_prefix.size());
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 ||
      text.size() != client_id_digits) {
    return std::nullopt;
  }
  return AppId{value};
}

}  // namespace

std::string client_id(AppId id) {
  std::string digits(client_id_digits, '0');
  for (uint64_t value = id.value, i = digits.size(); value > 0; value /= 16) {
    digits[--i] = "0123456789abcdef"[value % 16];
  }
  return std::string(client_id_prefix) + digits;
}

Result<AppId> issuing_app(const AppClaims& claims) {
  if (claims.issuer.empty()) {
    return refuse("Missing 'issuer' claim ('iss') in assertion", "missing_issuer");
  }
  if (const auto id = parse_positive(claims.issuer)) return AppId{*id};
  if (const auto id = app_of_client_id(claims.issuer)) return *id;
  return refuse("'Issuer' claim ('iss') must be an Integer", "wrong_issuer");
}

Result<void> check_times(const AppClaims& claims, Timestamp now) {
  const int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (!claims.issued_at || *claims.issued_at > seconds + skew.count()) {
    return refuse(
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion "
        "was issued",
        "wrong_issued_at");
  }
  if (claims.not_before && *claims.not_before > seconds + skew.count()) {
    return refuse(
        "'Not before' claim ('nbf') must be an Integer representing a time that has passed",
        "wrong_not_before");
  }
  if (!claims.expires_at || *claims.expires_at <= seconds - skew.count()) {
    return refuse(
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at "
        "which the assertion expires",
        "wrong_expiration");
  }
  if (*claims.expires_at > seconds + (lifetime_max + skew).count()) {
    return refuse("'Expiration time' claim ('exp') is too far in the future", "wrong_expiration");
  }
  return {};
}

}  // namespace esclusa::core
