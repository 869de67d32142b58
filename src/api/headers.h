#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/principal.h"
#include "http/message.h"
#include "wire/api_version.h"

namespace esclusa::api {

/// `8887:55D0:1C83591:456401C:5ABE8A34`: GitHub's form; the last group is the time.
std::string new_request_id(Timestamp now);

/// The version that the request names, or the default; `bad_request` with GitHub's text.
Result<wire::ApiVersion> api_version(const http::Headers& headers);

/// What GitHub sends with every answer. `accepted_scopes` is the matched route's.
struct CommonHeaders {
  std::string_view request_id;
  std::string_view version;
  const core::Principal& principal;
  std::optional<std::string_view> accepted_scopes;
};
void add_common_headers(const http::Request& request, http::Response& response,
                        const CommonHeaders& common);

/// The answer to `OPTIONS` on any path: what a browser's script may send from anywhere (CORS). It
/// says nothing of the path, so it asks for no authentication.
http::Response preflight_response();

/// Gives a successful answer its `ETag`, and makes it a 304 if the client has it already, by
/// `If-None-Match` or, where there is a `Last-Modified`, by `If-Modified-Since`.
void apply_conditions(const http::Request& request, http::Response& response);

}  // namespace esclusa::api
