#pragma once
#include "http/message.h"

namespace esclusa::http {

/// Adds an `ETag` to a successful answer that has none and is not written in pieces. Turns the
/// answer into a 304 if the client already has it, by `If-None-Match` or, if there is a
/// `Last-Modified`, by `If-Modified-Since`.
void apply_conditions(const Request& request, Response& response);

}  // namespace esclusa::http
