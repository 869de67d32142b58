#include "app/pushes.h"

#include <algorithm>
#include <iterator>

#include "app/commits.h"
#include "app/default_branch.h"
#include "base/log.h"
#include "core/git_intent.h"
#include "git/head.h"
#include "git/lock.h"
#include "git/push.h"
#include "git/repository.h"
#include "store/pushed_refs.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"
#include "wire/event_body.h"

namespace esclusa::app {
namespace {

constexpr std::string_view heads = "refs/heads/";

Result<core::Repository> find_repository(const Context& context, RepositoryId id) {
  auto found =
      TRY(context.database.read([&](Reader& db) { return store::find_repository(db, id); }));
  if (!found) return not_found();
  // The event of the push contains the default branch.
  return follow_head(context, std::move(*found));
}

/// Closes the change. If it was made, `push` is required, and the audit row and the event are
/// inserted. This happens once, because a change is closed only once.
Result<void> settle(const Context& context, const core::Repository& repository,
                    const core::PushedRef& pushed, const std::optional<core::Push>& push) {
  const auto actor = core::Actor::by_deploy_key(pushed.deploy_key_id).in_request(pushed.request_id);
  const auto outcome = push ? core::GitOutcome::moved : core::GitOutcome::abandoned;
  return change(context, actor, [&](Change& change) -> Result<void> {
    if (!store::settle_pushed_ref(change.rows, pushed.id, outcome, change.now) || !push) {
      change.skip_audit();  // it was closed before, or git never made it
      return {};
    }
    change.audit({"ref.push", pushed.repository_id, pushed.id.value,
                  wire::audit_detail({{"ref", pushed.change.ref},
                                      {"before", pushed.change.from_sha},
                                      {"after", pushed.change.to_sha}})});
    insert_push_event(change, repository, *push, pushed.pusher);
    return {};
  });
}

Result<core::Push> read_push(const Context& context, const git::Repository& git,
                             const core::RefChange& change) {
  return with_accounts(context, TRY(git::read_ref_change(git, change)));
}

/// In a repository that `repo create` made, HEAD may name a branch that the first push did not
/// create. Then HEAD is set to a pushed branch, as on GitHub. Returns the updated repository.
core::Repository follow_first_push(const Context& context, const git::Repository& git,
                                   core::Repository repository,
                                   const std::vector<core::PushedRef>& moved) {
  std::error_code error;
  if (!std::filesystem::equivalent(std::filesystem::path(repository.path).parent_path(),
                                   context.repositories_directory, error)) {
    return repository;
  }
  const auto head = git.head();
  if (!head || !*head) return repository;
  const auto commit = git.resolve(**head);
  if (!commit || *commit) return repository;
  std::string branch;
  for (const core::PushedRef& pushed : moved) {
    const core::RefChange& change = pushed.change;
    if (!change.ref.starts_with(heads) || change.to_sha == core::zero_sha) continue;
    const std::string name = change.ref.substr(heads.size());
    if (branch.empty() || name == "master") branch = name;
  }
  // If HEAD cannot be written, it stays as it is, and the log says why.
  if (branch.empty() || !git::point_head(git.folder(), branch)) return repository;
  return follow_head(context, std::move(repository));
}

/// Whether the ref shows that this push happened, and no other push made the same change.
Result<bool> was_made(const Context& context, const git::Repository& git,
                      const core::PushedRef& pushed) {
  if (!core::has_changed(pushed.change, TRY(git::read_ref_facts(git, pushed.change)))) return false;
  return !TRY(context.database.read([&](Reader& db) { return store::has_other_made(db, pushed); }));
}

/// Settles a change that nobody reported; returns whether it was made.
Result<bool> settle_from_ref(const Context& context, core::Repository repository,
                             const core::PushedRef& pushed) {
  const auto git = TRY(git::Repository::open(repository));
  std::optional<core::Push> push;
  if (TRY(was_made(context, git, pushed))) {
    repository = follow_first_push(context, git, std::move(repository), {pushed});
    push = TRY(read_push(context, git, pushed.change));
  }
  // This must happen while the change is open: after it is settled, nobody looks for the lock.
  git::remove_left_lock(git, pushed.change.ref, pushed.change.to_sha);
  TRY(settle(context, repository, pushed, push));
  return push.has_value();
}

}  // namespace

Result<void> begin_push(const Context& context, const SshSession& session,
                        const std::vector<core::RefChange>& changes,
                        const std::string& request_id) {
  for (const core::RefChange& change : changes) {
    TRY(core::check_pushable(change.ref));
    if (!core::is_ref_change(change)) {
      return fail(ErrorCode::invalid, "this is no change of a ref: " + change.ref,
                  "invalid_ref_change");
    }
  }
  core::PushedRef pushed{.id = {},
                         .session = session.id,
                         .deploy_key_id = session.key.id,
                         .pusher = session.key.added_by,
                         .repository_id = session.repository.id,
                         .change = {},
                         .request_id = request_id,
                         .created_at = context.now()};
  return context.database.write([&](Writer& tx) {
    for (const core::RefChange& change : changes) {
      pushed.change = change;
      store::insert_pushed_ref(tx, pushed);
    }
  });
}

Result<void> finish_push(const Context& context, const std::string& session,
                         const std::vector<core::RefChange>& made) {
  const auto open = TRY(
      context.database.read([&](Reader& db) { return store::list_open_pushed_refs(db, session); }));
  if (open.empty()) return {};
  std::vector<core::PushedRef> moved;
  std::ranges::copy_if(open, std::back_inserter(moved), [&](const core::PushedRef& pushed) {
    return std::ranges::find(made, pushed.change) != made.end();
  });
  if (moved.empty()) return {};
  core::Repository repository = TRY(find_repository(context, moved.front().repository_id));
  const auto git = TRY(git::Repository::open(repository));
  repository = follow_first_push(context, git, std::move(repository), moved);
  for (const core::PushedRef& pushed : moved) {
    TRY(settle(context, repository, pushed, TRY(read_push(context, git, pushed.change))));
  }
  return {};
}

Result<void> end_push(const Context& context, const std::string& session, GitEnd end) {
  const auto open = TRY(
      context.database.read([&](Reader& db) { return store::list_open_pushed_refs(db, session); }));
  for (const core::PushedRef& pushed : open) {
    const auto repository = TRY(find_repository(context, pushed.repository_id));
    if (end == GitEnd::reported) {
      TRY(settle(context, repository, pushed, std::nullopt));
    } else {
      TRY(settle_from_ref(context, repository, pushed));
    }
  }
  return {};
}

void settle_pushes(const Context& context) {
  auto open = context.database.read([&](Reader& db) { return store::list_open_pushed_refs(db); });
  if (!open) return;
  for (const core::PushedRef& pushed : *open) {
    const auto repository = find_repository(context, pushed.repository_id);
    if (!repository || git::is_in_session(repository->path)) continue;
    if (const auto moved = settle_from_ref(context, *repository, pushed)) {
      const auto outcome = *moved ? core::GitOutcome::moved : core::GitOutcome::abandoned;
      log::info("settled a push that a crash had left open",
                {{"repository", repository->full_name()},
                 {"ref", pushed.change.ref},
                 {"outcome", core::to_name(outcome)}});
    }
  }
}

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

void insert_push_event(Change& change, const core::Repository& repository, const core::Push& push,
                       const core::Account& sender) {
  change.raise(change.new_event(repository.id, "push"),
               wire::push_event(change.event_context(repository, sender), push));
}

}  // namespace esclusa::app
