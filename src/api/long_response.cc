#include "api/long_response.h"

#include <utility>

namespace esclusa::api {

Result<http::Response> long_response(const Call& call, http::LongAnswers& answers,
                                     http::Response response, LongBody rest) {
  const auto part = TRY(rest.next_part());
  if (!part) return response;
  response.stream =
      answers.open(client_of(call), rest.place, std::exchange(response.body, {}) + *part,
                   std::move(rest.next_part));
  if (response.stream) return response;
  return fail(ErrorCode::unavailable, "Too many " + std::string(rest.what) + " are being read.",
              "overloaded");
}

}  // namespace esclusa::api
