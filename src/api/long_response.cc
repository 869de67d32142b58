#include "api/long_response.h"

#include <utility>

#include "api/client_network.h"

namespace esclusa::api {
namespace {

/// The client that a long answer is counted for: the account, or without one the network.
std::string reader_of(const Call& call) {
  const core::Account* account = call.actor.account();
  if (account != nullptr) return "account " + std::to_string(account->id.value);
  return "network " + client_network(call.request.peer);
}

}  // namespace

Result<http::Response> long_response(const Call& call, LongAnswers& answers, std::string_view what,
                                     http::Response response, LongAnswers::NextPart next_part) {
  const auto part = TRY(next_part());
  if (!part) return response;
  response.stream =
      answers.open(reader_of(call), std::exchange(response.body, {}) + *part, std::move(next_part));
  if (response.stream) return response;
  return fail(ErrorCode::unavailable, "Too many " + std::string(what) + " are being read.",
              "overloaded");
}

}  // namespace esclusa::api
