#include "app/merges.h"

#include "app/change.h"
#include "app/pushes.h"
#include "base/log.h"
#include "core/deployment.h"
#include "core/names.h"
#include "git/lock.h"
#include "git/merge.h"
#include "git/push.h"
#include "git/repository.h"
#include "store/accounts.h"
#include "store/git_intents.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

git::MergeAuthor author_of(const core::Account& account, Timestamp now) {
  return {account.login, core::address_of(account), now};
}

/// The message of the merge commit. It contains the request id, so that two concurrent requests
/// never make the same commit: only one of them moves the branch, and each can tell which one.
std::string message_of(const RepositoryAccess& access, const core::ResolvedRef& branch) {
  const std::string name = branch.full_name.substr(std::string_view("refs/heads/").size());
  return "Merge " + access.repository.default_branch + " into " + name +
         "\n\nAuto-merged by Esclusa, since " + access.actor.sender().login +
         " asked for a deployment of " + name + "\nwith auto_merge.\n\n" +
         "Request-Id: " + access.actor.request_id() + "\n";
}

/// Names the lock file as git does, so that an operator can remove what a dead process left.
std::unexpected<Error> locked(const std::string& branch) {
  return fail(ErrorCode::unavailable,
              branch + " is locked: another git process is at work on it, or has died and left " +
                  branch + ".lock behind.",
              "branch_locked");
}

/// The commits that the merge adds to the branch, for the `push` event.
Result<core::Push> read_push(const Context& context, const git::Repository& git,
                             const core::GitIntent& intent) {
  return with_accounts(context,
                       TRY(git::read_push(git, intent.branch, intent.from_sha, intent.to_sha)));
}

/// Closes the intent. If the branch moved, `push` is required, and the audit row and the `push`
/// event are inserted. This happens once, because an intent is closed only once.
Result<void> settle(const Context& context, const core::Actor& actor,
                    const core::Repository& repository, const core::GitIntent& intent,
                    const std::optional<core::Push>& push) {
  const auto outcome = push ? core::GitOutcome::moved : core::GitOutcome::abandoned;
  return change(context, actor, [&](Change& change) -> Result<void> {
    if (!store::settle_git_intent(change.rows, intent.id, outcome, change.now) || !push) {
      change.skip_audit();  // it was closed before, or the branch never moved
      return {};
    }
    change.audit({"branch.merge", intent.repository_id, intent.id.value});
    const core::Account* account = actor.account();
    insert_push_event(change, repository, *push, account != nullptr ? *account : repository.owner);
    return {};
  });
}

/// The account that asked for the merge; nobody if it is gone.
Result<core::Actor> actor_of(const Context& context, const core::GitIntent& intent) {
  const auto account = TRY(
      context.database.read([&](Reader& db) { return store::find_account(db, intent.actor_id); }));
  const auto actor = account ? core::Actor::by_session(*account) : core::Actor::nobody();
  return actor.in_request(intent.request_id);
}

/// Whether the branch contains the commit, even below newer commits.
Result<bool> has_moved(const git::Repository& git, const core::GitIntent& intent) {
  const auto tip = TRY(git.resolve(intent.branch));
  if (!tip || !TRY(git.resolve(intent.to_sha))) return false;
  const git::Distance distance = TRY(git.compare(intent.to_sha, tip->sha));
  return distance.behind_count == 0;
}

/// Settles an intent that a crash left open; returns whether the branch had moved.
Result<bool> settle_left(const Context& context, const core::Repository& repository,
                         const core::GitIntent& intent) {
  const auto git = TRY(git::Repository::open(repository));
  std::optional<core::Push> push;
  if (TRY(has_moved(git, intent))) push = TRY(read_push(context, git, intent));
  // This must happen while the intent is open: after it is settled, nobody looks for the lock.
  git::remove_left_lock(git, intent.branch, intent.to_sha);
  TRY(settle(context, TRY(actor_of(context, intent)), repository, intent, push));
  return push.has_value();
}

}  // namespace

Result<void> merge_into_branch(const Context& context, const RepositoryAccess& access,
                               const std::string& ref, const core::ResolvedRef& branch,
                               const std::string& other_sha) {
  const core::Repository& repository = access.repository;
  auto conflict = [&](std::string reason) {
    return core::merge_conflict(repository.default_branch, ref, std::move(reason));
  };
  const git::MergeAuthor author = author_of(access.actor.sender(), context.now());
  const auto git = TRY(git::Repository::open(repository));
  const auto merge =
      TRY(git::make_merge_commit(git, branch.sha, other_sha, message_of(access, branch), author));
  if (!merge) return conflict("merge_conflict");

  core::GitIntent intent{.id = {},
                         .repository_id = repository.id,
                         .branch = branch.full_name,
                         .from_sha = branch.sha,
                         .to_sha = *merge,
                         .actor_id = access.actor.sender().id,
                         .actor_token_id = std::nullopt,
                         .request_id = access.actor.request_id(),
                         .created_at = author.at};
  if (access.actor.token() != nullptr) intent.actor_token_id = access.actor.token()->id;
  // Read this before the branch moves: a read error then stops a merge that has not happened yet.
  std::optional<core::Push> push = TRY(read_push(context, git, intent));
  intent.id =
      TRY(context.database.write([&](Writer& tx) { return store::insert_git_intent(tx, intent); }));

  const git::BranchMove move =
      TRY(git::move_branch(git, branch.full_name, branch.sha, *merge, author));
  if (move != git::BranchMove::moved) push.reset();
  TRY(settle(context, access.actor, repository, intent, push));
  switch (move) {
    case git::BranchMove::moved: return {};
    case git::BranchMove::changed: return conflict("branch_moved");
    case git::BranchMove::checked_out: return conflict("branch_checked_out");
    case git::BranchMove::locked: return locked(branch.full_name);
  }
  return {};
}

Result<void> check_mergeable(const git::Repository& git, const core::Repository& repository,
                             const std::string& ref, const core::ResolvedRef& branch,
                             const std::string& other_sha) {
  auto conflict = [&](std::string reason) {
    return core::merge_conflict(repository.default_branch, ref, std::move(reason));
  };
  switch (TRY(git::check_merge(git, branch.full_name, branch.sha, other_sha))) {
    case git::MergeCheck::clean: return {};
    case git::MergeCheck::conflict: return conflict("merge_conflict");
    case git::MergeCheck::checked_out: return conflict("branch_checked_out");
  }
  return {};
}

void settle_git_intents(const Context& context, std::chrono::microseconds age) {
  const Timestamp now = context.now();
  auto open = context.database.read(
      [&](Reader& db) { return store::list_open_git_intents(db, now - age); });
  if (!open) return;
  for (const core::GitIntent& intent : *open) {
    auto repository = context.database.read(
        [&](Reader& db) { return store::find_repository(db, intent.repository_id); });
    if (!repository || !*repository) continue;
    if (const auto moved = settle_left(context, **repository, intent)) {
      const auto outcome = *moved ? core::GitOutcome::moved : core::GitOutcome::abandoned;
      log::info("settled a merge that a crash had left open",
                {{"repository", (*repository)->full_name()},
                 {"branch", intent.branch},
                 {"outcome", core::to_name(outcome)}});
    }
  }
}

}  // namespace esclusa::app
