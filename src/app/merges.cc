#include "app/merges.h"

#include "app/ref_intents.h"
#include "core/deployment.h"
#include "core/names.h"
#include "git/merge.h"

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

  core::RefIntent intent{.id = {},
                         .repository_id = repository.id,
                         .change = {branch.full_name, branch.sha, *merge},
                         .actor = access.actor,
                         .sender = access.actor.sender(),
                         .session = "",
                         .created_at = author.at};
  // Read this before the branch moves: a read error then stops a merge that has not happened yet.
  std::optional<core::Push> push = TRY(read_push(context, git, intent));
  TRY(begin_intents(context, {&intent, 1}));

  const git::BranchMove move =
      TRY(git::move_branch(git, branch.full_name, branch.sha, *merge, author));
  if (move != git::BranchMove::moved) push.reset();
  TRY(settle_intent(context, repository, intent, push));
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

}  // namespace esclusa::app
