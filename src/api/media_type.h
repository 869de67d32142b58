#pragma once
#include <string>

#include "http/message.h"

namespace esclusa::api {

/// `X-GitHub-Media-Type`: what of the request's `Accept` GitHub would have understood, such as
/// `github.v3; format=json`. A preview is named and changes nothing; the body is JSON in any case.
std::string media_type(const http::Headers& headers);

/// Whether `Accept` names a media type that GitHub has beside JSON: `sha`, `raw`, `diff`, `patch`.
bool accepts(const http::Headers& headers, std::string_view form);

/// The answer to who accepts `raw`: a file's bytes.
http::Response raw_response(std::string bytes);

}  // namespace esclusa::api
