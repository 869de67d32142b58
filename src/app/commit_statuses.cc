#include "app/commit_statuses.h"

#include "app/change.h"
#include "app/commits.h"
#include "base/limits.h"
#include "git/commits.h"
#include "git/refs.h"
#include "store/branch_protections.h"
#include "store/commit_statuses.h"
#include "wire/event_body.h"

namespace esclusa::app {

namespace {

/// What a `status` event contains from git.
struct CommitFacts {
  core::Commit commit;
  std::vector<core::Branch> branches;
};

Result<CommitFacts> read_facts(const Context& context, const core::Repository& repository,
                               const std::string& sha) {
  const auto git = TRY(git::Repository::open(repository));
  CommitFacts facts{TRY(git::read_commit(git, sha)),
                    TRY(git::list_branches_with(git, sha, repository.default_branch))};
  TRY(find_accounts(context, {&facts.commit.author, &facts.commit.committer}));
  const core::ProtectedBranches protections(TRY(context.database.read(
      [&](Reader& db) { return store::list_branch_protections(db, repository.id); })));
  for (core::Branch& branch : facts.branches) {
    branch.is_protected = protections.contains(branch.name);
  }
  return facts;
}

void insert_status_event(Change& change, const core::Repository& repository,
                         const core::CommitStatus& status, const CommitFacts& facts) {
  change.raise(change.new_event(repository.id, "status"),
               wire::status_event(change.event_context(repository, status.creator), status,
                                  facts.commit, facts.branches));
}

}  // namespace

Result<core::CommitStatus> create_commit_status(const Context& context,
                                                const RepositoryAccess& access,
                                                const std::string& sha,
                                                const core::NewCommitStatus& input) {
  TRY(core::check_new_commit_status(input));
  core::CommitStatus status{
      .id = {},
      .repository_id = access.repository.id,
      .sha = TRY(require_commit(access, sha)),
      .context = input.context,
      .state = input.state,
      .description = input.description,
      .target_url = input.target_url,
      .creator = access.actor.sender(),
      .created_at = {},
  };
  const CommitFacts facts = TRY(read_facts(context, access.repository, status.sha));
  return change(context, access.actor, [&](Change& change) -> Result<core::CommitStatus> {
    if (store::count_commit_statuses(change.rows, {status.repository_id, status.sha},
                                     status.context) >=
        static_cast<int64_t>(limits::statuses_per_context)) {
      return fail_validation({"Status", "", "custom",
                              "This SHA and context has reached the maximum number of statuses."},
                             "too_many_statuses");
    }
    status.created_at = change.now;
    status.id = store::insert_commit_status(change.rows, status, access.actor);
    change.audit({"commit_status.create", status.repository_id, status.id.value});
    insert_status_event(change, access.repository, status, facts);
    return status;
  });
}

Result<core::Listing<core::CommitStatus>> list_commit_statuses(const Context& context,
                                                               const RepositoryAccess& access,
                                                               const std::string& ref,
                                                               const core::Page& page) {
  const std::string sha = TRY(find_commit(access, ref));
  return context.database.read([&](Reader& db) {
    return store::list_commit_statuses(db, {access.repository.id, sha}, page);
  });
}

Result<LatestStatuses> get_latest_statuses(const Context& context, const RepositoryAccess& access,
                                           const std::string& ref) {
  const std::string sha = TRY(find_commit(access, ref));
  return context.database.read([&](Reader& db) {
    return LatestStatuses{sha, store::list_latest_commit_statuses(db, {access.repository.id, sha})};
  });
}

}  // namespace esclusa::app
