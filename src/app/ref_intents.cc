#include "app/ref_intents.h"

#include <algorithm>
#include <vector>

#include "app/commits.h"
#include "app/default_branch.h"
#include "app/first_push.h"
#include "base/log.h"
#include "git/lock.h"
#include "git/push.h"
#include "store/ref_intents.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

/// Adds the accounts of the authors and committers to the commits of a push.
Result<core::Push> with_accounts(const Context& context, core::Push push) {
  std::vector<core::Signature*> people;
  const auto add = [&](core::PushedCommit& pushed) {
    people.push_back(&pushed.commit.author);
    people.push_back(&pushed.commit.committer);
  };
  std::ranges::for_each(push.commits, add);
  if (push.head) add(*push.head);
  TRY(find_accounts(context, people));
  return push;
}

store::AuditEntry audit_entry(const core::RefIntent& intent) {
  if (!intent.is_push()) return {"branch.merge", intent.repository_id, intent.id.value};
  return {"ref.push", intent.repository_id, intent.id.value,
          wire::audit_detail({{"ref", intent.change.ref},
                              {"before", intent.change.from_sha},
                              {"after", intent.change.to_sha}})};
}

/// Whether the ref shows that the change happened, and no other intent made the same change.
Result<bool> was_made(const Context& context, const git::Repository& git,
                      const core::RefIntent& intent) {
  if (!core::has_changed(intent.change, TRY(git::read_ref_facts(git, intent.change)))) return false;
  return !TRY(context.database.read([&](Reader& db) { return store::has_other_made(db, intent); }));
}

}  // namespace

Result<void> begin_intents(const Context& context, std::span<core::RefIntent> intents) {
  return context.database.write([&](Writer& tx) {
    for (core::RefIntent& intent : intents) intent.id = store::insert_ref_intent(tx, intent);
  });
}

Result<void> settle_intent(const Context& context, const core::Repository& repository,
                           const core::RefIntent& intent, const std::optional<core::Push>& push) {
  const auto outcome = push ? core::RefOutcome::moved : core::RefOutcome::abandoned;
  return change(context, intent.actor, [&](Change& change) -> Result<void> {
    if (!store::settle_ref_intent(change.rows, intent.id, outcome, change.now) || !push) {
      change.skip_audit();  // it was settled before, or git never made the change
      return {};
    }
    change.audit(audit_entry(intent));
    change.raise(change.new_event(repository.id, "push"),
                 wire::push_event(change.event_context(repository, intent.sender), *push));
    return {};
  });
}

Result<bool> settle_intent_from_ref(const Context& context, core::Repository repository,
                                    const core::RefIntent& intent) {
  const auto git = TRY(git::Repository::open(repository));
  std::optional<core::Push> push;
  if (TRY(was_made(context, git, intent))) {
    if (intent.is_push()) {
      repository = follow_first_push(context, git, std::move(repository), {&intent, 1});
    }
    push = TRY(read_push(context, git, intent));
  }
  // This must happen while the intent is open: after it is settled, nobody looks for the lock.
  git::remove_left_lock(git, intent.change.ref, intent.change.to_sha);
  TRY(settle_intent(context, repository, intent, push));
  return push.has_value();
}

void settle_left_intents(const Context& context, std::chrono::microseconds age) {
  const Timestamp since = context.now() - age;
  auto open = context.database.read([](Reader& db) { return store::list_open_ref_intents(db); });
  if (!open) {
    return log::error("open intents cannot be listed", {{"error", open.error().message}});
  }
  for (const core::RefIntent& intent : *open) {
    // The request of the merge, or the git process of the push, may still be at work.
    if (!intent.is_push() && intent.created_at >= since) continue;
    const auto repository = find_repository_of(context, intent);
    if (!repository || (intent.is_push() && git::is_in_session(repository->path))) continue;
    const auto made = settle_intent_from_ref(context, *repository, intent);
    if (!made) {
      log::error("an intent stays open, its ref cannot be read",
                 {{"repository", repository->full_name()},
                  {"ref", intent.change.ref},
                  {"error", made.error().message}});
    } else {
      const auto outcome = *made ? core::RefOutcome::moved : core::RefOutcome::abandoned;
      log::info(intent.is_push() ? "settled a push that a crash had left open"
                                 : "settled a merge that a crash had left open",
                {{"repository", repository->full_name()},
                 {"ref", intent.change.ref},
                 {"outcome", core::to_name(outcome)}});
    }
  }
}

Result<core::Repository> find_repository_of(const Context& context, const core::RefIntent& intent) {
  auto found = TRY(context.database.read(
      [&](Reader& db) { return store::find_repository(db, intent.repository_id); }));
  if (!found) return not_found();
  return follow_head(context, std::move(*found));
}

Result<core::Push> read_push(const Context& context, const git::Repository& git,
                             const core::RefIntent& intent) {
  const core::RefChange& change = intent.change;
  return with_accounts(context, intent.is_push() ? TRY(git::read_push(git, change))
                                                 : TRY(git::read_merge(git, change)));
}

}  // namespace esclusa::app
