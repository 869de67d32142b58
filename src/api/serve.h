#pragma once
#include "api/call.h"
#include "api/event_streams.h"
#include "api/failed_logins.h"
#include "api/long_answers.h"
#include "api/routes.h"
#include "api/ssh_sessions.h"

namespace esclusa::api {

/// The API behind one set of listeners. May be called from any thread; counters are in memory.
class Api {
 public:
  /// All arguments must outlive the object. Throws if the route table is not sound; only tests pass
  /// another table.
  Api(const app::Context& context, const Settings& settings,
      std::span<const Route> table = routes());

  /// Serves one request: request id → authenticate → match route → rate limit → judge access →
  /// handler → encode error → common headers → log.
  http::Response serve(const http::Request& request);
  bool may_block(const http::Request& request) const;
  /// Wakes the clients that wait for events. May be called from any thread.
  void events_committed() { event_streams_.wake(); }
  /// An answer in GitHub's form to a request that could not be served; `status` says why.
  http::Response refuse(const http::Request& request, int status) const;

 private:
  /// Counts the request for its client, and judges whether the client exceeds a limit.
  RateLimiter::Ticket count(const Call& call, const Match* match, Timestamp now);
  /// The answer to wrong credentials.
  http::Response refuse_login(const http::Request& request, Error error, Timestamp now);
  /// Completes and logs an answer that was made without a principal and a route.
  http::Response finish(const http::Request& request, http::Response response) const;

  const app::Context& context_;
  const Settings& settings_;
  std::span<const Route> routes_;
  RateLimiter rate_limiter_;
  FailedLogins failed_logins_;
  SshSessions ssh_sessions_;
  EventStreams event_streams_;  // these two last: their threads use the context
  LongAnswers long_answers_;
};

}  // namespace esclusa::api
