#include "app/feed.h"

#include <algorithm>
#include <unordered_map>

#include "app/access.h"
#include "base/limits.h"
#include "store/accounts.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// Repositories with the reader's role, each looked up once per page.
class Repositories {
 public:
  Repositories(store::Connection& db, const core::Principal& principal)
      : db_(db), principal_(principal) {}

  struct Known {
    core::Repository repository;
    core::Role granted = core::Role::none;
  };
  /// The repository, or null if the principal may not read events of that kind in it.
  const core::Repository* find_readable(const core::Event& event) {
    if (!event.repository_id) return nullptr;
    auto [place, is_new] = known_.try_emplace(*event.repository_id);
    if (is_new) place->second = look_up(*event.repository_id);
    const auto& known = place->second;
    if (!known) return nullptr;
    return core::may_read_event(principal_, known->repository, known->granted, event.kind)
               ? &known->repository
               : nullptr;
  }

 private:
  std::optional<Known> look_up(RepositoryId id) {
    auto repository = store::find_repository(db_, id);
    if (!repository) return std::nullopt;
    const core::Role granted = principal_.account
                                   ? store::find_role(db_, *repository, principal_.account->id)
                                   : core::Role::none;
    return Known{*std::move(repository), granted};
  }

  store::Connection& db_;
  const core::Principal& principal_;
  std::unordered_map<RepositoryId, std::optional<Known>> known_;
};

}  // namespace

Result<void> judge_again(const Context& context, Feed& feed) {
  if (feed.principal.token) {
    auto owner = TRY(context.database.read(
        [&](store::Connection& db) { return store::find_token(db, feed.principal.token->id); }));
    if (!owner || !core::is_usable(owner->token, owner->account, context.now())) {
      return fail(ErrorCode::unauthenticated, "Bad credentials");
    }
    feed.principal.account = std::move(owner->account);
    feed.principal.token = std::move(owner->token);
  }
  if (feed.repository) {
    TRY(open_repository(context, feed.principal, *feed.repository, core::feed_requirement()));
  }
  return {};
}

Result<store::FeedEnd> feed_end(const Context& context) {
  return context.database.read([](store::Connection& db) { return store::feed_end(db); });
}

Result<FeedPage> read_feed(const Context& context, const Feed& feed, int64_t after, int64_t settled,
                           int count) {
  return context.database.read([&](store::Connection& db) {
    FeedPage page;
    page.next = after;
    Repositories repositories(db, feed.principal);
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
        bytes += page.events.back().body.size();
      }
      page.next = event.id.value;
    }
    page.has_more = static_cast<int>(events.size()) == limits::feed_scan_events;
    if (!page.has_more) page.next = std::max(after, settled);
    return page;
  });
}

}  // namespace esclusa::app
