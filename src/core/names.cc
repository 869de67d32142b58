#include "core/names.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace esclusa::core {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::string_view reserved_logins[] = {
    "admin-api", "api",        "app",    "apps",     "avatars",      "esclusa",  "graphql",
    "hooks",     "livez",      "login",  "logout",   "meta",         "openapi",  "organizations",
    "orgs",      "rate_limit", "readyz", "repos",    "repositories", "settings", "static",
    "teams",     "user",       "users",  "versions", "zen"};

constexpr std::string_view address_domain = "@users.noreply.esclusa.invalid";

std::unexpected<Error> name_error(std::string message) {
  return fail(ErrorCode::invalid, std::move(message), "invalid_name");
}

/// The text after `http://` or `https://`; empty if the URL begins otherwise.
std::string_view after_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equal_ignoring_case(url.substr(0, scheme.size()), scheme)) {
      return url.substr(scheme.size());
    }
  }
  return {};
}

}  // namespace

std::string fold_case(std::string_view name) { return ascii_lower(name); }

Result<void> check_login(std::string_view login, AccountKind kind) {
  constexpr std::string_view bot_suffix = "[bot]";
  std::string_view stem = login;
  if (kind == AccountKind::bot && stem.ends_with(bot_suffix)) stem.remove_suffix(bot_suffix.size());
  bool well_formed =
      !stem.empty() && login.size() <= limits::login_chars &&
      std::ranges::all_of(stem, [](char c) { return is_alphanumeric(c) || c == '-'; }) &&
      stem.front() != '-' && stem.back() != '-' && stem.find("--") == stem.npos;
  if (!well_formed) {
    return name_error(
        "A login has letters, digits and single hyphens inside, and at most 39 characters");
  }
  if (std::ranges::count(reserved_logins, fold_case(login)) > 0) {
    return name_error("The login \"" + std::string(login) + "\" is reserved");
  }
  return {};
}

Result<void> check_repository_name(std::string_view name) {
  auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  if (name.empty() || name.size() > limits::repository_name_chars || name == "." || name == ".." ||
      fold_case(name).ends_with(".git") || !std::ranges::all_of(name, allowed)) {
    return name_error(
        "A repository name has letters, digits, '-', '_' and '.', at most 100 characters, and does "
        "not end in .git");
  }
  return {};
}

Result<void> check_environment_name(std::string_view name) {
  if (name.empty() || utf8_length(name) > limits::environment_chars ||
      has_control_characters(name)) {
    return fail_validation({"Deployment", "environment", "custom",
                            "environment must have 1 to 255 characters, none of them a control "
                            "character"},
                           "invalid_environment_name");
  }
  return {};
}

Result<void> check_link(std::string_view url, const std::string& resource,
                        const std::string& field) {
  if (url.empty()) return {};
  const std::string_view rest = after_scheme(url);
  const bool has_host = !rest.empty() && !std::string_view("/?#").contains(rest.front());
  if (!has_host || url.size() > limits::url_bytes || has_control_characters(url) ||
      url.find_first_of(" \"<>\\") != url.npos) {
    return fail_validation(
        {resource, field, "custom", field + " must use http(s) scheme and be a valid URL"},
        "invalid_url");
  }
  return {};
}

std::string address_of(const Account& account) {
  return std::to_string(account.id.value) + "+" + account.login + std::string(address_domain);
}

std::optional<AccountId> account_of_address(std::string_view email) {
  if (!email.ends_with(address_domain)) return std::nullopt;
  const auto id = parse_positive(email.substr(0, email.find('+')));
  if (!id) return std::nullopt;
  return AccountId{*id};
}

}  // namespace esclusa::core
