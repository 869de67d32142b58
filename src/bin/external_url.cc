#include "bin/external_url.h"

#include <algorithm>

#include "api/routes.h"
#include "base/text.h"
#include "http/outbound.h"

namespace esclusa {
namespace {

std::unexpected<Error> expected(const std::string& what) { return fail(ErrorCode::invalid, what); }

/// Whether the server's own paths begin so: it could not be told from the base path.
bool is_own_path(std::string_view segment) {
  constexpr std::string_view others[] = {"api",   "repositories", "organizations",
                                         "livez", "readyz",       "metrics"};
  return std::ranges::find(others, segment) != std::end(others) ||
         std::ranges::any_of(api::routes(), [&](const api::Route& route) {
           const std::string_view pattern = route.pattern.substr(1);
           return pattern.substr(0, pattern.find('/')) == segment;
         });
}

Result<void> check_path(std::string_view path) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  if (path.empty()) return {};
  for (const std::string_view segment : split(path.substr(1), '/')) {
    if (segment.empty() || segment == "." || segment == ".." ||
        segment.find_first_not_of(letters) != segment.npos) {
      return expected(
          "an address whose path has only letters, digits and -._~ between its slashes");
    }
  }
  const std::string_view first = path.substr(1, path.find('/', 1) - 1);
  if (!is_own_path(first)) return {};
  return expected("an address with another path, such as /deploy, because the server's own paths "
                  "begin with /" +
                  std::string(first) + ", too");
}

}  // namespace

Result<std::string> checked_external_url(const std::string& text) {
  const auto url = http::parse_url(text);
  if (!url) return expected("an http or https URL");
  if (url->has_credentials || text.find_first_of("?#") != text.npos) {
    return expected("an address without credentials, query and fragment");
  }
  std::string address = text;
  while (address.ends_with('/')) address.pop_back();
  TRY(check_path(base_path_of(address)));
  return address;
}

std::string base_path_of(const std::string& external_url) {
  const size_t host = external_url.find("://");
  if (host == external_url.npos) return {};
  const size_t path = external_url.find('/', host + 3);
  return path == external_url.npos ? std::string() : external_url.substr(path);
}

}  // namespace esclusa
