#pragma once
#include <optional>
#include <string>

#include "base/crypto.h"
#include "http/message.h"

namespace esclusa::api {

/// The token of a request: `Authorization: Bearer T`, `token T`, or Basic with the token as the
/// password (or as the user name with an empty or `x-oauth-basic` password). `nullopt` if there is
/// no `Authorization` header; an empty token if the header has any other form. A JWT comes with
/// `Bearer` alone.
std::optional<Secret> find_token(const http::Headers& headers);

}  // namespace esclusa::api
