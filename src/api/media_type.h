#pragma once
#include <string>

#include "http/message.h"

namespace esclusa::api {

/// `X-GitHub-Media-Type`: what of the request's `Accept` GitHub would have understood, such as
/// `github.v3; format=json`. A preview is named and changes nothing; the body is JSON in any case.
std::string media_type(const http::Headers& headers);

}  // namespace esclusa::api
