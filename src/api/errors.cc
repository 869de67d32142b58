#include "api/errors.h"

#include "wire/error.h"

namespace esclusa::api {

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_json:
    case ErrorCode::bad_request: return 400;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::forbidden: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::too_large: return 413;
    case ErrorCode::invalid: return 422;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::internal: return 500;
  }
  return 500;
}

http::Response error_response(const Error& error, std::string_view documentation,
                              std::optional<int> given_status) {
  const int status = given_status.value_or(http_status(error.code));
  JsonWriter json;
  std::string url = "https://docs.github.com/rest";
  if (!documentation.empty()) url += "/" + std::string(documentation);
  wire::write_error(json, error, status, url);
  http::Response response{
      status, {{"Content-Type", "application/json; charset=utf-8"}}, json.take()};
  if (status == 503) response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace esclusa::api
