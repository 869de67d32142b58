#include "client/refusal.h"

#include <optional>
#include <string>

namespace esclusa::client {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::bad_request;
    case 401: return ErrorCode::unauthenticated;
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 413: return ErrorCode::too_large;
    case 422: return ErrorCode::invalid;
    default: return ErrorCode::unavailable;
  }
}

}  // namespace

Error refusal(int status, const Result<Json>& body) {
  Error error{code_of(status), "the server answered " + std::to_string(status), {}, {}, {}};
  if (!body) return error;
  error.message = body->string_at("message").value_or(error.message);
  error.reason_code = body->string_at("reason_code").value_or("");
  auto errors = body->find("errors");
  if (!errors) return error;
  for (const Json& item : errors->elements()) {
    auto text = item.string() ? item.string() : item.string_at("message");
    if (!text)
      text = item.string_at("field").value_or("") + " " + item.string_at("code").value_or("");
    error.message += ": " + *text;
  }
  return error;
}

}  // namespace esclusa::client
