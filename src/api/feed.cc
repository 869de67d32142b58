#include <algorithm>

#include "api/event_streams.h"
#include "api/route_tables.h"
#include "app/feed.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/operations/server.h"

namespace esclusa::api {
namespace {

constexpr std::string_view event_stream = "text/event-stream";

/// `nullopt` if the parameter is absent. Text that is not a number is refused: if it counted as
/// absent, the client would miss events.
Result<std::optional<int64_t>> parse_number(const std::string& text, std::string_view name) {
  if (text.empty()) return std::nullopt;
  if (auto number = leading_number(text)) return number;
  return fail_request("`" + std::string(name) + "` is a number from 0 on, and not " +
                      printable(text.substr(0, 100)) + ".");
}

bool wants_stream(const Call& call) {
  return ascii_lower(call.request.headers.find("Accept").value_or("")).contains(event_stream);
}

http::Response feed_response(std::string body) {
  return {200,
          {{"Content-Type", "application/json; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::move(body)};
}

/// The client's position in the feed: the one that it names, or else the end of the feed.
Result<int64_t> parse_position(const Call& call, const store::FeedEnd& end) {
  std::string text = call.query_value("after");
  if (wants_stream(call)) {  // a reconnected client names its last event
    text = call.request.headers.find("Last-Event-ID").value_or(text);
  }
  const auto after = TRY(parse_number(text, "after"));
  if (!after) return end.settled;
  if (*after > end.latest) {
    return fail(ErrorCode::invalid,
                "There has been no event with this number yet. If there once was, the server has "
                "been set back to an older state: begin again.",
                "unknown_cursor");
  }
  return *after;
}

Result<std::shared_ptr<http::BodyStream>> open_stream(const Call& call, StreamRequest request) {
  auto stream = call.event_streams->open(std::move(request));
  if (!stream) {
    return fail(ErrorCode::unavailable, "Too many clients are waiting for events.",
                "too_many_streams");
  }
  return stream;
}

Result<http::Response> read_events(const Call& call) {
  const auto end = TRY(app::feed_end(call.context));
  StreamRequest request{.client = client_of(call), .feed = {.actor = call.actor, .repository = {}}};
  request.after = TRY(parse_position(call, end));
  request.count = limits::feed_page_events;
  if (const auto count = TRY(parse_number(call.query_value("limit"), "limit"))) {
    request.count = static_cast<int>(std::clamp<int64_t>(*count, 1, limits::feed_page_events));
  }
  const auto wait = TRY(parse_number(call.query_value("wait"), "wait")).value_or(0);
  request.wait = std::min(std::chrono::seconds(std::min<int64_t>(wait, 1'000'000)),
                          std::chrono::seconds(limits::feed_wait));
  if (call.repository_access) request.feed.repository = call.repository().id;

  if (wants_stream(call)) {
    request.form = StreamForm::server_sent;
    auto stream = TRY(open_stream(call, std::move(request)));
    return http::Response{200,
                          {{"Content-Type", std::string(event_stream)},
                           {"Cache-Control", "no-store"},
                           {"X-Accel-Buffering", "no"}},
                          {},
                          std::move(stream)};
  }
  auto page =
      TRY(app::read_feed(call.context, request.feed, request.after, end.settled, request.count));
  if (!page.events.empty() || page.has_more || request.wait.count() == 0) {
    return feed_response(feed_page_text(page));
  }
  request.after = page.next;
  http::Response response = feed_response({});
  response.stream = TRY(open_stream(call, std::move(request)));
  return response;
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA "/events", &operations::read_events, "", Lane::rows, "", read_events},
    {"GET", ESCLUSA REPOSITORY "/events", &operations::read_repository_events,
     "repo, repo:status, repo_deployment", Lane::rows, "", read_events},
};
// clang-format on

}  // namespace

std::span<const Route> feed_routes() { return table; }

}  // namespace esclusa::api
