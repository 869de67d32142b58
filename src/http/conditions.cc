#include "http/conditions.h"

#include <utility>

#include "base/crypto.h"
#include "base/text.h"
#include "base/time.h"
#include "http/body_stream.h"

namespace esclusa::http {
namespace {

/// `If-None-Match` compares weakly: `W/"x"` and `"x"` are the same.
bool is_listed(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  for (std::string_view candidate : split(list, ',')) {
    candidate = trim(candidate);
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == etag) return true;
  }
  return false;
}

/// Whether the client already has this answer. As RFC 9110 (13.1.3) and GitHub have it, the date
/// counts only if the client sends no ETag.
bool is_unchanged(const Request& request, const Response& response, std::string_view etag) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (auto known = request.headers.find("If-None-Match")) return is_listed(*known, etag);
  auto modified = response.headers.find("Last-Modified");
  auto since = request.headers.find("If-Modified-Since");
  if (!modified || !since) return false;
  auto known = parse_http_date(*since);
  return known && parse_http_date(*modified) <= known;
}

}  // namespace

void apply_conditions(const Request& request, Response& response) {
  if (response.status != 200 && response.status != 201) return;
  if (!response.headers.has("ETag")) {
    if (response.stream) return;
    response.join();
    response.headers.add("ETag", "\"" + hex(sha256(response.body)) + "\"");
  }
  const std::string etag(*response.headers.find("ETag"));
  if (!is_unchanged(request, response, etag)) return;
  response.status = 304;
  response.clear_body();
  if (response.stream) std::exchange(response.stream, nullptr)->close();
}

}  // namespace esclusa::http
