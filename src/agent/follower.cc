#include "agent/follower.h"

#include "agent/files.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"

namespace esclusa::agent {
namespace {

constexpr auto wait_time = std::chrono::seconds(30);  // shorter than the usual timeouts of proxies

}  // namespace

Follower::Follower(const Config& config, const Intake& intake, const std::filesystem::path& folder,
                   StopFlag& stop, Scheduler::Backoff backoff)
    : config_(config),
      intake_(intake),
      file_(folder / "feed.json"),
      stop_(stop),
      backoff_(backoff),
      server_(std::make_shared<const client::Api>(config.target())) {}

void Follower::begin() {
  after_ = load();
  if (after_) return;
  if (auto done = step(); !done && !stop_.requested()) explain(done.error());
}

void Follower::run() {
  for (size_t failed_count = 0; !stop_.requested();) {
    auto done = step();
    if (stop_.requested()) return;
    if (done) {
      failed_count = 0;
      continue;
    }
    explain(done.error());
    // With random jitter, so that the agents of a fleet do not return at the same moment.
    const auto pause = backoff_.after(++failed_count);
    stop_.wait_for(pause / 2 + pause / 2 * (random_() % 1000) / 1000);
  }
}

Result<void> Follower::step() {
  // A request without a position only reads the end of the feed. That position must be on the disk
  // before waiting.
  const auto wait = after_ ? wait_time : std::chrono::seconds(0);
  auto page = server_.get()->read_events(after_, wait, stop_.flag());
  if (!page && page.error().reason_code == "unknown_cursor") {
    log::warning("the server was set back to an older state; its feed is read from the beginning",
                 {{"server", config_.server}});
    after_ = 0;
    return save();
  }
  if (!page) return std::unexpected(page.error());
  if (!take(*page)) return fail(ErrorCode::unavailable, "an event cannot be written down");
  if (after_ == page->next) return {};
  after_ = page->next;
  return save();
}

bool Follower::take(const client::FeedPage& page) {
  for (const client::FeedEvent& event : page.events) {
    if (event.kind != "deployment") continue;
    // The feed comes from the server itself, which shows the token only what it may see.
    const auto outcome = intake_.take(event.payload, [](std::string_view) { return true; });
    if (outcome.taken == Taken::failed) return false;  // the same page is read again
  }
  return true;
}

void Follower::explain(const Error& error) {
  if (error.code == ErrorCode::unauthenticated) {
    log::error(
        "the server refuses the agent's token: it is unknown, expired or revoked. Write another "
        "into token_file (`esclusa agent token OWNER/NAME --environment NAME`), and reload the "
        "agent (`systemctl reload`, SIGHUP)",
        {{"server", config_.server}, {"error", error.message}});
  } else if (error.code == ErrorCode::not_found) {
    log::error("the server has no feed of events: `mode = \"pull\"` needs Esclusa",
               {{"server", config_.server}});
  } else {
    log::warning("the feed cannot be read; this is tried again",
                 {{"server", config_.server}, {"error", error.message}});
  }
}

std::optional<int64_t> Follower::load() const {
  auto text = read_file(file_);
  if (!text) return std::nullopt;
  auto json = Json::parse(*text);
  auto after = json ? json->integer_at("after") : std::nullopt;
  if (!after || json->string_at("server") != config_.server) {
    log::warning("where the feed was is not known for this server; it is followed from now on",
                 {{"file", file_.string()}, {"server", config_.server}});
    return std::nullopt;
  }
  return after;
}

Result<void> Follower::save() const {
  JsonWriter json;
  json.begin_object().member("server", config_.server).member("after", after_).end_object();
  return write_durably(file_, json.take() + "\n");
}

}  // namespace esclusa::agent
