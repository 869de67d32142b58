#include "core/app_claims.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

constexpr int64_t now = 1'800'000'000;

std::string refusal(const Result<void>& result) { return result ? "" : result.error().message; }

std::string times(std::optional<int64_t> issued_at, std::optional<int64_t> expires_at,
                  std::optional<int64_t> not_before = {}) {
  return refusal(
      check_times({"7", issued_at, expires_at, not_before}, from_micros(now * 1'000'000)));
}

constexpr const char* wrong_iat =
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was "
    "issued";
constexpr const char* wrong_exp =
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at "
    "which the assertion expires";
constexpr const char* wrong_nbf =
    "'Not before' claim ('nbf') must be an Integer representing a time that has passed";
constexpr const char* late_exp = "'Expiration time' claim ('exp') is too far in the future";

}  // namespace

TEST_CASE("issuing_app: by id and by client id, and by nothing else") {
  CHECK(issuing_app({"7", {}, {}}).value() == AppId{7});
  CHECK(client_id({7}) == "Iv1.0000000000000007");
  CHECK(client_id({0xabcdef0123}) == "Iv1.000000abcdef0123");
  for (const int64_t id : {int64_t{1}, int64_t{4711}, int64_t{1} << 52}) {
    CHECK(issuing_app({client_id({id}), {}, {}}).value() == AppId{id});
  }
  const auto missing = issuing_app({"", {}, {}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "Missing 'issuer' claim ('iss') in assertion");
  for (const char* issuer : {"0", "-7", "07", "7.0", "shop", "Iv1.", "Iv1.0000000000000000",
                             "Iv1.7", "Iv1.000000000000000g", "Iv1.-000000000000007",
                             "Iv1.ffffffffffffffff", "iv1.0000000000000007"}) {
    CAPTURE(issuer);
    const auto refused = issuing_app({issuer, {}, {}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unauthenticated);
    CHECK(refused.error().message == "'Issuer' claim ('iss') must be an Integer");
  }
}

TEST_CASE("check_times: issued before, not expired, for ten minutes; clocks differ by a minute") {
  CHECK(times(now, now + 600) == "");
  CHECK(times(now - 60, now + 1) == "");
  CHECK(times(now - 100'000, now + 1) == "");  // GitHub looks at the end alone
  CHECK(times(now + 60, now + 660) == "");
  CHECK(times(now + 61, now + 600) == wrong_iat);
  CHECK(times(now, now + 661) == late_exp);
  CHECK(times(now - 600, now - 59) == "");
  CHECK(times(now - 600, now - 60) == wrong_exp);
  CHECK(times(now - 600, 0) == wrong_exp);
  CHECK(times({}, now + 60) == wrong_iat);
  CHECK(times(now, {}) == wrong_exp);
  CHECK(times(now, INT64_MAX) == late_exp);
  CHECK(times(INT64_MAX, now) == wrong_iat);
  CHECK(times(INT64_MIN, INT64_MIN) == wrong_exp);
}

TEST_CASE("check_times: not before the time that the app names; clocks differ by a minute") {
  CHECK(times(now, now + 600, now - 100'000) == "");
  CHECK(times(now, now + 600, INT64_MIN) == "");
  CHECK(times(now, now + 600, now + 60) == "");
  CHECK(times(now, now + 600, now + 61) == wrong_nbf);
  CHECK(times(now, now + 600, INT64_MAX) == wrong_nbf);
  CHECK(times(now + 61, now + 600, now + 61) == wrong_iat);
  CHECK(times(now - 600, now - 60, now + 61) == wrong_nbf);
}
