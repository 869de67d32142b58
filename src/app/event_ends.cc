#include "app/event_ends.h"

#include <map>
#include <tuple>
#include <utility>

#include "base/mutex.h"

namespace esclusa::app {
namespace {

// Each member has a name here, so that a new one cannot be forgotten.

bool is_same(const core::Account& a, const core::Account& b) {
  const auto members = [](const core::Account& account) {
    const auto& [id, login, kind, site_admin, human_id, blocked_at, created_at, updated_at] =
        account;
    return std::tie(id, login, kind, site_admin, human_id, blocked_at, created_at, updated_at);
  };
  return members(a) == members(b);
}

bool is_same(const core::Repository& a, const core::Repository& b) {
  const auto members = [](const core::Repository& repository) {
    const auto& [id, owner, name, path, alternates, is_bare, default_branch, default_branch_source,
                 description, visibility, writable, auto_merge, created_at, updated_at,
                 removed_at] = repository;
    return std::tie(id, name, path, alternates, is_bare, default_branch, default_branch_source,
                    description, visibility, writable, auto_merge, created_at, updated_at,
                    removed_at);
  };
  return members(a) == members(b) && is_same(a.owner, b.owner);
}

bool is_same(const wire::Urls& a, const wire::Urls& b) {
  const auto members = [](const wire::Urls& urls) {
    const auto& [api, web, ssh] = urls;
    return std::tie(api, web, ssh);
  };
  return members(a) == members(b);
}

/// An end, and what it follows from.
struct Known {
  explicit Known(const wire::EventContext& context)
      : repository(context.repository),
        sender(context.sender),
        urls(context.urls),
        end(std::make_shared<store::BodyEnd>(store::compress_end(wire::event_end(context)))) {}
  bool is_of(const wire::EventContext& context) const {
    return is_same(repository, context.repository) && is_same(sender, context.sender) &&
           is_same(urls, context.urls);
  }

  core::Repository repository;
  core::Account sender;
  wire::Urls urls;
  std::shared_ptr<const store::BodyEnd> end;
};

class EventEnds {
 public:
  std::shared_ptr<const store::BodyEnd> find(const wire::EventContext& context) {
    const Key key{context.repository.id.value, context.sender.id.value};
    Lock lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end() && found->second.is_of(context)) return found->second.end;
    lock.unlock();
    Known made(context);
    const auto end = made.end;
    std::map<Key, Known> gone;  // freed without the lock
    lock.lock();
    if (known_.size() >= event_ends_max) gone.swap(known_);
    known_.insert_or_assign(key, std::move(made));
    lock.unlock();
    return end;
  }

 private:
  using Key = std::pair<int64_t, int64_t>;  // repository, sender
  Mutex mutex_;
  std::map<Key, Known> known_ GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<const store::BodyEnd> find_event_end(const wire::EventContext& context) {
  static EventEnds ends;
  return ends.find(context);
}

}  // namespace esclusa::app
