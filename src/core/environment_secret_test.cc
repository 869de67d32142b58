#include "core/environment_secret.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using core::SecretKind;

namespace {

std::string reason_of(const Result<std::string>& result) {
  return result ? "" : result.error().reason_code;
}
std::string reason_of(const Result<void>& result) {
  return result ? "" : result.error().reason_code;
}

}  // namespace

TEST_CASE("check_secret_name: letters, digits and underscores, folded to capitals") {
  CHECK(core::check_secret_name(SecretKind::secret, "db_Url2") == "DB_URL2");
  CHECK(core::check_secret_name(SecretKind::variable, "_x") == "_X");
  CHECK(core::check_secret_name(SecretKind::secret, "GITHUB") == "GITHUB");
  CHECK(core::check_secret_name(SecretKind::secret, "MY_GITHUB_TOKEN") == "MY_GITHUB_TOKEN");
  const std::string longest(limits::secret_name_chars, 'A');
  CHECK(core::check_secret_name(SecretKind::secret, longest) == longest);
}

TEST_CASE("check_secret_name: what is refused, each with its reason") {
  for (const std::string& name :
       {std::string(), std::string("1A"), std::string("A-B"), std::string("A B"),
        std::string("A.B"), std::string("Ä"), std::string("A\0B", 3), std::string("GITHUB_TOKEN"),
        std::string("github_x"), std::string("GitHub_"),
        std::string(limits::secret_name_chars + 1, 'A')}) {
    CAPTURE(name);
    CHECK(reason_of(core::check_secret_name(SecretKind::secret, name)) == "invalid_secret_name");
    CHECK(reason_of(core::check_secret_name(SecretKind::variable, name)) ==
          "invalid_variable_name");
  }
}

TEST_CASE("check_secret_value: UTF-8 without NUL, up to 48 KB") {
  const auto reason = [](SecretKind kind, std::string_view value) {
    return reason_of(core::check_secret_value(kind, value));
  };
  CHECK(reason(SecretKind::secret, "") == "");
  CHECK(reason(SecretKind::secret, "line\nline\t\x7f ünïcode") == "");
  CHECK(reason(SecretKind::secret, std::string(48 * 1024, 'x')) == "");
  CHECK(reason(SecretKind::secret, std::string(48 * 1024 + 1, 'x')) == "secret_too_large");
  CHECK(reason(SecretKind::variable, std::string(48 * 1024 + 1, 'x')) == "variable_too_large");
  CHECK(reason(SecretKind::secret, "\xff") == "secret_not_utf8");
  CHECK(reason(SecretKind::secret, std::string_view("a\0b", 3)) == "secret_has_nul");
  CHECK(reason(SecretKind::variable, std::string_view("\0", 1)) == "variable_has_nul");
}
