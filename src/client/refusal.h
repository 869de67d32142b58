#pragma once
#include "base/error.h"
#include "base/json.h"

namespace esclusa::client {

/// The error of an answer with a status of 300 or more: the server's own message, with its details
/// about single fields, and its reason. `body`: the answer's, if it is JSON.
Error refusal(int status, const Result<Json>& body);

}  // namespace esclusa::client
