#include "api/long_response.h"

#include <utility>

namespace esclusa::api {
Result<http::Response> long_response(const Call& call, LongAnswers& answers, std::string_view what,
                                     http::Response response, LongAnswers::NextPart next_part) {
  const auto part = TRY(next_part());
  if (!part) return response;
  response.stream =
      answers.open(client_of(call), std::exchange(response.body, {}) + *part, std::move(next_part));
  if (response.stream) return response;
  return fail(ErrorCode::unavailable, "Too many " + std::string(what) + " are being read.",
              "overloaded");
}

}  // namespace esclusa::api
