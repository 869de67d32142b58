#pragma once
#include "api/call.h"
#include "http/long_answers.h"

namespace esclusa::api {

/// A body that is made while its client reads it.
struct LongBody {
  std::string_view what;   ///< for people: "long lists"
  std::string place = {};  ///< what its parts may hang in: the repository, if they open it
  http::LongAnswers::NextPart next_part;
};

/// The answer whose body is the body of `response` and all parts of `rest`. If there is no part,
/// that is `response` itself. `unavailable` (`overloaded`) if too many are open.
Result<http::Response> long_response(const Call& call, http::LongAnswers& answers,
                                     http::Response response, LongBody rest);

}  // namespace esclusa::api
