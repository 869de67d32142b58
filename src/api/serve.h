#pragma once
#include <chrono>
#include <string_view>
#include <variant>

#include "api/call.h"
#include "api/event_streams.h"
#include "api/failed_logins.h"
#include "api/figures.h"
#include "api/kept_answers.h"
#include "api/routes.h"
#include "api/ssh_sessions.h"
#include "app/agents_seen.h"
#include "http/long_answers.h"
#include "http/server.h"

namespace esclusa::api {

/// The API behind one set of listeners. May be called from any thread; counters are in memory.
class Api {
 public:
  /// All arguments must outlive the object. Throws if the route table is not sound; only tests pass
  /// another table.
  Api(const app::Context& context, const Settings& settings,
      std::span<const Route> table = routes());

  /// Matches the path, which says whether the answer may block. The request must outlive the plan.
  http::Plan plan(const http::Request& request);
  /// Whether the request comes with a valid token, or through a local socket.
  bool may_send_much(const http::Request& request) const;
  /// Plans the request, and answers it. Tests call this.
  http::Response serve(const http::Request& request);
  /// Wakes the clients that wait for events. Any thread.
  void wake_streams() { event_streams_.wake(); }
  /// The background thread that should have turned before `now`; empty if none. Any thread.
  std::string_view find_late_thread(std::chrono::steady_clock::time_point now) {
    if (event_streams_.is_late(now)) return "event streams";
    return long_lists_.is_late(now) || archives_.is_late(now) ? "long answers" : "";
  }
  /// Other rate limits from now on. Any thread.
  void use(const RateLimits& limits) { rate_limiter_.use(limits); }
  /// An answer in GitHub's shape for a request that could not be served: `status` says why.
  http::Response refuse(const http::Request& request, int status);
  /// The answer to wrong credentials for something that is no part of the API; counts them.
  http::Response refuse_credentials(const http::Request& request);
  /// What was answered since the start. Any thread.
  const RequestFigures& figures() const { return figures_; }
  /// How many clients wait for events. Any thread.
  size_t feed_client_count() { return event_streams_.open_count(); }
  /// Which agents were heard of and not yet written down. Any thread.
  app::AgentsSeen& agents_seen() { return agents_seen_; }

 private:
  struct Walk;
  /// What the snapshot gives: an answer, or a handler that goes on without it.
  using Judged = std::variant<http::Response, Handler>;

  /// The answer to the same request before, if that is kept and still true.
  std::optional<http::Response> answer_again(const http::Request& request);
  http::Response answer(const http::Request& request, const Match* match);
  /// The answer, if everything that it needs is kept; then no thread has to wait for the database.
  std::optional<http::Response> answer_from_kept(const http::Request& request, const Match& match);
  // The parts of an answer, in this order.
  Walk begin(const http::Request& request, const Match* match);
  Result<Judged> look(app::Reader* db, Walk& walk);
  Result<Judged> look_and_note(app::Reader& db, Walk& walk);
  http::Response conclude(Walk& walk, Result<Judged> judged);
  void keep(const Walk& walk, http::Response& response);
  Call make_call(const http::Request& request, const Match* match, Timestamp now);
  /// Counts the request, and answers it if it goes no further: a refused caller, or no route.
  std::optional<http::Response> refuse_early(const Result<core::Actor>& actor, Walk& walk);
  /// `db` is null where the request asks for no rows.
  static Result<Judged> judge(app::Reader* db, Call& call, const Match& match);
  static Result<http::Response> finish_handling(const Call& call, Result<Judged> judged);
  /// Adds the common headers, and logs the request.
  void complete(Walk& walk, http::Response& response);
  /// Counts the request for its client, and says whether that asks for too much.
  RateLimiter::Ticket count(const core::Actor& actor, const http::Request& request,
                            const core::Operation* operation, Timestamp now);
  /// The answer to wrong credentials.
  http::Response refuse_login(const http::Request& request, Error error, Timestamp now);
  /// Completes and logs an answer that no actor and no route had a part in.
  http::Response finish(const http::Request& request, http::Response response);
  /// Notes that an agent was heard of, if it is one.
  void note_agent(const http::Request& request, const core::Actor& actor,
                  const core::Operation& operation, int status, Timestamp now);

  const app::Context& context_;
  const Settings& settings_;
  const RouteIndex routes_;
  RequestFigures figures_;
  app::AgentsSeen agents_seen_;
  RateLimiter rate_limiter_;
  KeptAnswers kept_answers_;
  FailedLogins failed_logins_;
  SshSessions ssh_sessions_;
  EventStreams event_streams_;  // last: their threads end before the other members go
  http::LongAnswers long_lists_;
  http::LongAnswers archives_{http::LongAnswers::archives};
};

}  // namespace esclusa::api
