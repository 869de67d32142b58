#pragma once
#include <optional>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace esclusa::api {

/// The one place where an error becomes an HTTP status.
int http_status(ErrorCode code);

/// GitHub's error body: `message`, `errors`, `documentation_url`, `status`, and our `reason_code`.
/// `documentation` is that of the route, or empty. `status` is for refusals by the transport (408,
/// 414, 431), which have no `ErrorCode`.
http::Response error_response(const Error& error, std::string_view documentation,
                              std::optional<int> status = std::nullopt);

}  // namespace esclusa::api
