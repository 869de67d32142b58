#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/principal.h"
#include "http/message.h"

namespace esclusa::api {

/// `8887:55D0:1C83591:456401C:5ABE8A34`: GitHub's form; the last group is the time.
std::string new_request_id(Timestamp now);

/// The API versions that clients may ask for by `X-GitHub-Api-Version`.
inline constexpr std::string_view api_versions[] = {"2022-11-28", "2026-03-10"};
inline constexpr std::string_view api_version_default = api_versions[0];
/// The version that the request names, or the default; `bad_request` with GitHub's text.
Result<std::string> api_version(const http::Headers& headers);

/// What GitHub sends with every answer. `accepted_scopes` is the matched route's.
struct CommonHeaders {
  std::string_view request_id;
  std::string_view version;
  const core::Principal& principal;
  std::optional<std::string_view> accepted_scopes;
};
void add_common_headers(const http::Request& request, http::Response& response,
                        const CommonHeaders& common);

/// Gives a successful answer its `ETag`, and makes it a 304 if the client has it already.
void apply_conditions(const http::Request& request, http::Response& response);

}  // namespace esclusa::api
