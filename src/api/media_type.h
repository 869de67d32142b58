#pragma once
#include <string>

#include "http/message.h"

namespace esclusa::api {

/// `X-GitHub-Media-Type`: the part of the request's `Accept` that GitHub understands, such as
/// `github.v3; format=json`. Previews are named but have no effect; the body is JSON in any case.
std::string media_type(const http::Headers& headers);

/// Whether `Accept` names one of GitHub's media types other than JSON: `sha`, `raw`, `diff`,
/// `patch`.
bool accepts(const http::Headers& headers, std::string_view form);

/// The answer to a client that accepts `raw`: the bytes of a file.
http::Response raw_response(std::string bytes);

}  // namespace esclusa::api
