#include "app/merges.h"

#include "base/log.h"
#include "core/deployment.h"
#include "git/lock.h"
#include "git/merge.h"
#include "git/repository.h"
#include "store/accounts.h"
#include "store/events.h"
#include "store/git_intents.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// Who merges: no account has an address, so it gets one that leads nowhere.
git::MergeAuthor author_of(const core::Account& account, Timestamp now) {
  return {account.login,
          std::to_string(account.id.value) + "+" + account.login + "@users.noreply.esclusa.invalid",
          now};
}

/// The request's id makes the commit the request's own: of two at once that would merge the same,
/// only one moves the branch, and it must be told which.
std::string message_of(const RepositoryAccess& access, const core::ResolvedRef& branch) {
  const std::string name = branch.full_name.substr(std::string_view("refs/heads/").size());
  return "Merge " + access.repository.default_branch + " into " + name +
         "\n\nAuto-merged by Esclusa, since " + access.principal.account->login +
         " asked for a deployment of " + name + "\nwith auto_merge.\n\n" +
         "Request-Id: " + access.principal.request_id + "\n";
}

/// In git's words, for whoever has to remove what a dead process left.
std::unexpected<Error> locked(const std::string& branch) {
  return fail(ErrorCode::unavailable,
              branch + " is locked: another git process is at work on it, or has died and left " +
                  branch + ".lock behind.",
              "branch_locked");
}

/// Closes the intent; a move gets its audit row.
void settle(store::Connection& tx, const core::GitIntent& intent, core::GitOutcome outcome,
            const core::Principal& actor, Timestamp now) {
  if (!store::settle_git_intent(tx, intent.id, outcome, now)) return;
  if (outcome != core::GitOutcome::moved) return;
  store::insert_audit(tx, actor, {"branch.merge", intent.repository_id, intent.id.value}, now);
}

/// Whether the branch has the commit, whatever came on top of it since.
Result<core::GitOutcome> find_outcome(const core::Repository& repository,
                                      const core::GitIntent& intent) {
  const auto git = TRY(git::Repository::open(repository.path));
  const auto tip = TRY(git.resolve(intent.branch));
  if (!tip) return core::GitOutcome::abandoned;
  if (!TRY(git.resolve(intent.to_sha))) return core::GitOutcome::abandoned;
  const git::Distance distance = TRY(git.compare(intent.to_sha, tip->sha));
  return distance.behind_count == 0 ? core::GitOutcome::moved : core::GitOutcome::abandoned;
}

}  // namespace

Result<void> merge_into_branch(const Context& context, const RepositoryAccess& access,
                               const std::string& ref, const core::ResolvedRef& branch,
                               const std::string& other_sha) {
  const core::Repository& repository = access.repository;
  auto conflict = [&](std::string reason) {
    return core::merge_conflict(repository.default_branch, ref, std::move(reason));
  };
  const git::MergeAuthor author = author_of(*access.principal.account, context.now());
  const auto merge = TRY(git::make_merge_commit(repository.path, branch.sha, other_sha,
                                                message_of(access, branch), author));
  if (!merge) return conflict("merge_conflict");

  core::GitIntent intent{.id = {},
                         .repository_id = repository.id,
                         .branch = branch.full_name,
                         .from_sha = branch.sha,
                         .to_sha = *merge,
                         .actor_id = access.principal.account->id,
                         .actor_token_id = std::nullopt,
                         .request_id = access.principal.request_id,
                         .created_at = author.at};
  if (access.principal.token) intent.actor_token_id = access.principal.token->id;
  intent.id = TRY(context.database.write(
      [&](store::Connection& tx) { return store::insert_git_intent(tx, intent); }));

  const git::BranchMove move =
      TRY(git::move_branch(repository.path, branch.full_name, branch.sha, *merge, author));
  const auto outcome =
      move == git::BranchMove::moved ? core::GitOutcome::moved : core::GitOutcome::abandoned;
  TRY(context.database.write([&](store::Connection& tx) {
    settle(tx, intent, outcome, access.principal, context.now());
  }));
  switch (move) {
    case git::BranchMove::moved: return {};
    case git::BranchMove::changed: return conflict("branch_moved");
    case git::BranchMove::checked_out: return conflict("branch_checked_out");
    case git::BranchMove::locked: return locked(branch.full_name);
  }
  return {};
}

void settle_git_intents(const Context& context, std::chrono::microseconds age) {
  const Timestamp now = context.now();
  auto open = context.database.read(
      [&](store::Connection& db) { return store::list_open_git_intents(db, now - age); });
  if (!open) return;
  for (const core::GitIntent& intent : *open) {
    auto repository = context.database.read(
        [&](store::Connection& db) { return store::find_repository(db, intent.repository_id); });
    if (!repository || !*repository) continue;
    auto outcome = find_outcome(**repository, intent);
    if (!outcome) continue;
    // While the intent is open: once it is settled, nobody looks for the lock again.
    git::remove_left_lock((*repository)->path, intent.branch, intent.to_sha);
    core::Principal actor;
    actor.request_id = intent.request_id;
    auto settled = context.database.write([&](store::Connection& tx) {
      actor.account = store::find_account(tx, intent.actor_id);
      settle(tx, intent, *outcome, actor, now);
    });
    if (settled) {
      log::info("settled a merge that a crash had left open",
                {{"repository", (*repository)->full_name()},
                 {"branch", intent.branch},
                 {"outcome", core::to_name(*outcome)}});
    }
  }
}

}  // namespace esclusa::app
