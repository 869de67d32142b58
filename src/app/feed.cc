#include "app/feed.h"

#include <algorithm>
#include <unordered_map>

#include "app/access.h"
#include "base/limits.h"
#include "core/operations/server.h"
#include "store/accounts.h"
#include "store/agent_tokens.h"
#include "store/deployments.h"
#include "store/installations.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// Repositories with the reader's role, each looked up once per page.
class Repositories {
 public:
  Repositories(Reader& db, const core::Actor& actor) : db_(db), actor_(actor) {}

  struct Known {
    core::Repository repository;
    core::Role granted = core::Role::none;
  };
  /// The repository, or null if the actor may not read events of that kind in it.
  const core::Repository* find_readable(const core::Event& event) {
    if (!event.repository_id) return nullptr;
    auto [place, is_new] = known_.try_emplace(*event.repository_id);
    if (is_new) place->second = look_up(*event.repository_id);
    const auto& known = place->second;
    if (!known) return nullptr;
    const bool may_read =
        core::may_read_event(actor_, known->repository, known->granted, event.kind) &&
        is_of_agent(event);
    return may_read ? &known->repository : nullptr;
  }

 private:
  /// Whether the actor is no agent, or the event is about a deployment of its environments. One
  /// that was deleted is of none.
  bool is_of_agent(const core::Event& event) const {
    const core::AgentGrant* agent = actor_.agent();
    if (agent == nullptr) return true;
    if (!event.deployment_id) return false;
    const auto environment = store::find_original_environment(db_, *event.deployment_id);
    return environment && agent->is_for(*environment);
  }

  std::optional<Known> look_up(RepositoryId id) {
    auto repository = store::find_repository(db_, id);
    if (!repository) return std::nullopt;
    const core::Role granted = granted_role(db_, actor_, *repository);
    return Known{*std::move(repository), granted};
  }

  Reader& db_;
  const core::Actor& actor_;
  std::unordered_map<RepositoryId, std::optional<Known>> known_;
};

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
    Repositories repositories(db, feed.actor);
    size_t bytes = 0;
    const auto events =
        store::list_feed(db, feed.repository, after, settled, limits::feed_scan_events);
    for (const core::Event& event : events) {
      if (const auto* repository = repositories.find_readable(event)) {
        if (static_cast<int>(page.events.size()) == count || bytes >= limits::feed_page_bytes) {
          page.has_more = true;
          return page;
        }
        page.events.push_back({event, repository->full_name(), store::event_body(db, event.id)});
        if (const auto& body = page.events.back().body) bytes += body->size();
      }
      page.next = event.id.value;
    }
    page.has_more = static_cast<int>(events.size()) == limits::feed_scan_events;
    if (!page.has_more) page.next = std::max(after, settled);
    return page;
  });
}

}  // namespace esclusa::app
