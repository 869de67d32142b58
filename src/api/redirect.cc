#include "api/redirect.h"

#include "base/text.h"
#include "wire/error.h"

namespace esclusa::api {
namespace {

/// Characters that may stay unencoded in a URL; any others would end a link or a header.
constexpr std::string_view kept = "%!$&'()*+,;=:@/?[]";

constexpr std::string_view ours = "/esclusa";

/// The path without the API root (`/api/v3`) that the request used.
std::string_view below_api_root(std::string_view path) {
  if (path.starts_with("/api/v3/")) path.remove_prefix(7);
  return path;
}

/// The path below the repository, as the client sent it.
std::string_view path_below_repository(std::string_view path) {
  path = below_api_root(path);
  if (path.starts_with(ours)) path.remove_prefix(ours.size());
  // "/repos/{owner}/{repo}/…" has one segment more than "/repositories/{id}/…".
  int slashes = path.starts_with("/repos/") ? 4 : 3;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/' && --slashes == 0) return path.substr(i);
  }
  return {};
}

}  // namespace

std::string address_by_id(const Call& call, RepositoryId id) {
  const std::string_view path = call.request.path();
  const std::string_view root = below_api_root(path).starts_with(ours) ? ours : "";
  return call.urls.api + std::string(root) + "/repositories/" + std::to_string(id.value) +
         percent_encode(path_below_repository(path), kept);
}

std::string address_as_sent(const Call& call) {
  return call.urls.api + percent_encode(below_api_root(call.request.path()), kept);
}

http::Response moved_response(const Call& call, RepositoryId id) {
  std::string location = address_by_id(call, id);
  if (auto query = call.request.query(); !query.empty()) {
    location += "?" + percent_encode(query, kept);
  }
  const bool reads = call.request.method == "GET" || call.request.method == "HEAD";
  JsonWriter json;
  wire::write_redirect(json, "Moved Permanently", location,
                       "https://docs.github.com/v3/#http-redirects");
  http::Response response = json_response(reads ? 301 : 307, std::move(json));
  response.headers.add("Location", std::move(location));
  return response;
}

}  // namespace esclusa::api
