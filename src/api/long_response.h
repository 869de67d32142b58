#pragma once
#include "api/call.h"
#include "api/long_answers.h"

namespace esclusa::api {

/// The answer whose body is the body of `response` and all parts of `next_part`. If there is no
/// part, that is `response` itself; otherwise the body is made while its client reads it.
/// `unavailable` (`overloaded`) if too many are open; `what` are then named: "long lists".
Result<http::Response> long_response(const Call& call, LongAnswers& answers, std::string_view what,
                                     http::Response response, LongAnswers::NextPart next_part);

}  // namespace esclusa::api
