#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "base/text.h"
#include "http/outbound.h"

namespace esclusa::http {
namespace {

std::unexpected<Error> bad_url(const std::string& why) {
  return fail(ErrorCode::bad_request, "The URL " + why, "bad_url");
}

using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::optional<std::string> part(const CurlUrl& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// As in browsers (WHATWG URL, "ends in a number"): such a host must be a valid IPv4 address.
bool ends_in_number(std::string_view host) {
  std::string_view label = split(host, '.').back();
  if (label.starts_with("0x")) {
    return label.find_first_not_of("0123456789abcdef", 2) == label.npos;
  }
  return !label.empty() && label.find_first_not_of("0123456789") == label.npos;
}

Result<std::string> plain_ipv6(std::string text) {
  in6_addr address;
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return bad_url("has a broken IPv6 host");
  char plain[INET6_ADDRSTRLEN];
  return std::string(inet_ntop(AF_INET6, &address, plain, sizeof plain));
}

// One spelling per host, since lists of hosts compare text: 2130706433 is 127.0.0.1.
Result<std::string> plain_host(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    return plain_ipv6(host.substr(1, host.size() - 2));
  }
  host = ascii_lower(host);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty() || host.starts_with('.') || !std::ranges::all_of(host, is_name_char)) {
    return bad_url("has no valid host; write names outside ASCII in their xn-- form");
  }
  if (!ends_in_number(host)) return host;
  in_addr address;
  if (inet_aton(host.c_str(), &address) == 0) return bad_url("has a broken IPv4 host");
  char plain[INET_ADDRSTRLEN];
  return std::string(inet_ntop(AF_INET, &address, plain, sizeof plain));
}

}  // namespace

Result<Url> parse_url(const std::string& text) {
  if (std::ranges::any_of(text, [](char c) { return c == ' ' || c == '\\'; }) ||
      has_control_characters(text)) {
    return bad_url("has blanks, backslashes or control characters in it");
  }
  // libcurl accepts a missing or third slash.
  std::string scheme = ascii_lower(std::string_view(text).substr(0, text.find(':')));
  if (scheme != "http" && scheme != "https") return bad_url("must begin with http:// or https://");
  std::string_view rest = std::string_view(text).substr(scheme.size());
  if (!rest.starts_with("://") || rest.starts_with(":///")) return bad_url("has no host");

  CurlUrl parsed(curl_url(), &curl_url_cleanup);
  if (!parsed) return fail(ErrorCode::internal, "out of memory");
  CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return bad_url(std::string("is malformed: ") + curl_url_strerror(code));
  if (part(parsed, CURLUPART_ZONEID)) return bad_url("has a zone id");

  Url url;
  url.scheme = scheme;
  url.host = TRY(plain_host(part(parsed, CURLUPART_HOST).value_or("")));
  std::string port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc{} || end != port.data() + port.size() || url.port == 0) {
    return bad_url("has no valid port");
  }
  url.path = part(parsed, CURLUPART_PATH).value_or("/");
  url.query = part(parsed, CURLUPART_QUERY).value_or("");
  url.has_credentials = part(parsed, CURLUPART_USER) || part(parsed, CURLUPART_PASSWORD);
  return url;
}

}  // namespace esclusa::http
