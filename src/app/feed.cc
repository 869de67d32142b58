#include "app/feed.h"

#include <algorithm>

#include "app/access.h"
#include "app/seen_repositories.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "core/operations/server.h"
#include "store/accounts.h"
#include "store/agent_tokens.h"
#include "store/deployments.h"
#include "store/installations.h"
#include "wire/feed.h"

namespace esclusa::app {
namespace {

constexpr int kept_events = 256;  ///< the newest ones, of which the text is kept

/// Whether the actor is no agent, or the event is about a deployment of its environments. One that
/// was deleted is of none.
bool is_of_agent(Reader& db, const core::Actor& actor, const core::Event& event) {
  const core::AgentGrant* agent = actor.agent();
  if (agent == nullptr) return true;
  if (!event.deployment_id) return false;
  const auto environment = store::find_original_environment(db, *event.deployment_id);
  return environment && agent->is_for(*environment);
}

/// The event's repository, or null if the actor may not read the event.
const core::Repository* find_readable(Reader& db, SeenRepositories& repositories,
                                      const core::Actor& actor, const core::Event& event) {
  if (!event.repository_id) return nullptr;
  const auto* seen = repositories.find(*event.repository_id);
  if (seen == nullptr) return nullptr;
  const bool may_read = core::may_read_event(actor, seen->repository, seen->granted, event.kind) &&
                        is_of_agent(db, actor, event);
  return may_read ? &seen->repository : nullptr;
}

FeedText render(Reader& db, const core::Repository& repository, const store::FeedRow& event) {
  JsonWriter json;
  wire::write_feed_event(
      json, {event, repository.full_name(), store::event_body(db, event.id), event.repeats});
  FeedText text{.id = event.id,
                .kind = event.kind,
                .json = json.take(),
                .sources = store::Sources()
                               .row("event_body", event.id.value)
                               .row("repository", repository.id.value)
                               .row("account", repository.owner.id.value)};
  if (event.deployment_id) text.sources.row("deployment", event.deployment_id->value);
  return text;
}

/// Of an event near the end of the feed the text is kept: many readers want it at once. Who reads
/// old events shall not push out what others use.
std::shared_ptr<const FeedText> text_of(Reader& db, const core::Repository& repository,
                                        const store::FeedRow& event, int64_t settled) {
  if (event.id.value + kept_events <= settled) {
    return std::make_shared<const FeedText>(render(db, repository, event));
  }
  return store::kept(
      db, "feed event " + std::to_string(event.id.value),
      [&] { return std::optional(render(db, repository, event)); },
      [](const FeedText& text) { return text.sources; },
      [](const FeedText& text) { return sizeof text + text.json.size(); });
}

/// The actor as its credentials are now.
Result<core::Actor> renew(const Context& context, Reader& db, const core::Actor& actor) {
  const auto refused = [] { return fail(ErrorCode::unauthenticated, "Bad credentials"); };
  if (const core::Token* token = actor.token()) {
    auto owner = store::find_token(db, token->id);
    if (!owner || !core::is_usable(owner->token, owner->account, context.now())) return refused();
    return core::Actor::by_token(std::move(owner->account), std::move(owner->token))
        .in_request(actor.request_id());
  }
  if (const core::InstallationGrant* grant = actor.installation()) {
    auto now = store::find_grant(db, grant->token.id);
    if (!now || !core::is_usable(*now, context.now())) return refused();
    return core::Actor::by_installation(*std::move(now)).in_request(actor.request_id());
  }
  if (const core::AgentGrant* grant = actor.agent()) {
    auto now = store::find_agent(db, grant->token.id);
    if (!now || !core::is_usable(*now, context.now())) return refused();
    return core::Actor::by_agent(*std::move(now)).in_request(actor.request_id());
  }
  return actor;
}

}  // namespace

Result<void> renew_access(const Context& context, Feed& feed) {
  return context.database.read([&](Reader& db) -> Result<void> {
    feed.actor = TRY(renew(context, db, feed.actor));
    if (feed.repository) {
      TRY(enter(db, feed.actor, *feed.repository, core::operations::read_repository_events));
    }
    return {};
  });
}

Result<store::FeedEnd> feed_end(const Context& context) {
  return context.database.read([](Reader& db) { return store::feed_end(db); });
}

Result<FeedPage> read_feed(const Context& context, const Feed& feed, int64_t after, int64_t settled,
                           int count) {
  return context.database.read([&](Reader& db) {
    FeedPage page;
    page.next = after;
    SeenRepositories repositories(db, feed.actor);
    size_t bytes = 0;
    const auto events =
        store::list_feed(db, feed.repository, after, settled, limits::feed_scan_events);
    for (const store::FeedRow& event : events) {
      if (const auto* repository = find_readable(db, repositories, feed.actor, event)) {
        if (static_cast<int>(page.events.size()) == count || bytes >= limits::feed_page_bytes) {
          page.has_more = true;
          return page;
        }
        page.events.push_back(text_of(db, *repository, event, settled));
        bytes += page.events.back()->json.size();
      }
      page.next = event.id.value;
    }
    page.has_more = static_cast<int>(events.size()) == limits::feed_scan_events;
    if (!page.has_more) page.next = std::max(after, settled);
    return page;
  });
}

}  // namespace esclusa::app
