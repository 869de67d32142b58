#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/actor.h"
#include "core/quota.h"
#include "http/message.h"
#include "wire/api_version.h"

namespace esclusa::api {

/// `8887:55D0:1C83591:456401C:5ABE8A34`: GitHub's form; the last group is the time.
std::string new_request_id(Timestamp now);

/// The API version that the request names, or the default; `bad_request` with GitHub's text if it
/// is unknown.
Result<wire::ApiVersion> api_version(const http::Headers& headers);

/// The headers that GitHub sends with every answer. `accepted_scopes` is that of the matched route.
struct CommonHeaders {
  const core::Actor& actor;
  std::string_view version;
  std::optional<std::string_view> accepted_scopes;
  std::string accepted_permissions = {};  ///< for an installation; empty: no header
};
/// Those that the same request of the same actor gets again. They go to `more_headers`, which must
/// be null.
void add_common_headers(const http::Request& request, http::Response& response,
                        const CommonHeaders& common);
/// Those that differ for each request: its id, and what is left of the limit, if there is one.
void add_own_headers(http::Response& response, const std::string& request_id,
                     const std::optional<core::Quota>& rate_limit);

/// The answer to `OPTIONS` on any path: what scripts in browsers may send, from any origin (CORS).
/// It reveals nothing about the path, so it needs no authentication.
http::Response preflight_response();

}  // namespace esclusa::api
