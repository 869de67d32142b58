#pragma once
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace esclusa::api {

/// The one place where an error becomes an HTTP status.
int http_status(ErrorCode code);

/// GitHub's error body: `message`, `errors`, `documentation_url`, `status`, and our
/// `reason_code`. `documentation` is the route's, or empty.
http::Response error_response(const Error& error, std::string_view documentation);

}  // namespace esclusa::api
