#pragma once
#include <optional>
#include <string>

#include "base/crypto.h"
#include "http/message.h"

namespace esclusa::api {

/// The token that a request carries: `Authorization: Bearer T`, `token T`, or Basic with the
/// token as password (or as user name with an empty or `x-oauth-basic` password). Nothing
/// without the header; an empty token for a header of any other form.
std::optional<Secret> find_token(const http::Headers& headers);

}  // namespace esclusa::api
