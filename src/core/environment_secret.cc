#include "core/environment_secret.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

bool is_variable(SecretKind kind) { return kind == SecretKind::variable; }

std::string word(SecretKind kind) { return is_variable(kind) ? "variable" : "secret"; }

std::unexpected<Error> refuse(SecretKind kind, const char* field, const std::string& message,
                              const std::string& reason_code) {
  return fail_validation(
      {is_variable(kind) ? "EnvironmentVariable" : "EnvironmentSecret", field, "custom", message},
      reason_code);
}

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string fold_secret_name(std::string_view name) {
  std::string folded(name);
  std::ranges::transform(folded, folded.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return folded;
}

Result<std::string> check_secret_name(SecretKind kind, std::string_view name) {
  std::string folded = fold_secret_name(name);
  const std::string reason = "invalid_" + word(kind) + "_name";
  const bool is_made_of_allowed =
      std::ranges::all_of(folded, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  if (folded.empty() || !is_made_of_allowed || is_digit(folded[0])) {
    return refuse(kind, "name",
                  "name has letters, digits and underscores alone, and begins with no digit",
                  reason);
  }
  if (folded.starts_with("GITHUB_")) {
    return refuse(kind, "name", "name begins with GITHUB_, which is reserved", reason);
  }
  if (folded.size() > limits::secret_name_chars) {
    return refuse(kind, "name",
                  "name is too long (maximum is " + std::to_string(limits::secret_name_chars) + ")",
                  reason);
  }
  return folded;
}

Result<void> check_secret_value(SecretKind kind, std::string_view value) {
  const size_t limit = is_variable(kind) ? limits::variable_bytes : limits::secret_bytes;
  if (value.size() > limit) {
    return refuse(kind, "value",
                  "value is too long (maximum is " + std::to_string(limit) + " bytes)",
                  word(kind) + "_too_large");
  }
  if (!is_utf8(value)) {
    return refuse(kind, "value", "value is not UTF-8 text", word(kind) + "_not_utf8");
  }
  if (value.find('\0') != value.npos) {
    return refuse(kind, "value",
                  "value has a NUL character, which no environment variable can have",
                  word(kind) + "_has_nul");
  }
  return {};
}

std::unexpected<Error> too_many_secrets(SecretKind kind) {
  const size_t limit =
      is_variable(kind) ? limits::environment_variables : limits::environment_secrets;
  return refuse(kind, "name",
                "An environment can have at most " + std::to_string(limit) + " " + word(kind) + "s",
                "too_many_" + word(kind) + "s");
}

}  // namespace esclusa::core
