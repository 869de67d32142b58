#include "app/default_branch.h"

#include "app/change.h"
#include "git/head.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

using core::DefaultBranchSource;

constexpr const char* heads = "refs/heads/";

/// Whether the branch has a commit; false also if git cannot read the repository.
bool has_commit(const core::Repository& repository, const std::string& branch) {
  const auto git = git::Repository::open(repository);
  const auto found = git ? git->resolve(heads + branch) : std::nullopt;
  return found && *found;
}

/// Stores the source and the name of the default branch, and an audit row if the name changed.
void save(const Context& context, core::Repository& repository, const std::string& former) {
  const auto timer = core::Actor::timer().in_request("follow-head");
  // If this write fails, the next call stores the change.
  (void)change(context, timer, [&](Change& change) -> Result<void> {
    const bool is_saved = store::save_default_branch(change.rows, repository, former, change.now);
    if (!is_saved || repository.default_branch == former) {
      change.skip_audit();  // somebody else stored it, or only its source was decided
      return {};
    }
    change.audit({"repository.follow_head", repository.id, repository.id.value,
                  wire::audit_detail({{"from", former}, {"to", repository.default_branch}})});
    return {};
  });
}

std::unexpected<Error> missing(const core::Repository& repository, const std::string& why) {
  return fail(ErrorCode::conflict,
              "The default branch of " + repository.full_name() + " is not there: " + why +
                  " To set another: esclusa repo set " + repository.full_name() +
                  " --default-branch NAME",
              "default_branch_missing");
}

}  // namespace

core::Repository follow_head(const Context& context, core::Repository repository) {
  if (repository.default_branch_source == DefaultBranchSource::set) return repository;
  const auto head = git::read_head_branch(repository.path);
  if (!head || !*head) return repository;
  const std::string& branch = **head;
  const std::string former = repository.default_branch;
  if (repository.default_branch_source == DefaultBranchSource::undecided) {
    const auto is_bare = git::read_is_bare(repository.path);
    if (!is_bare) return repository;
    repository.is_bare = *is_bare;
    repository.default_branch_source =
        *is_bare && branch == former ? DefaultBranchSource::head : DefaultBranchSource::set;
    save(context, repository, former);
  } else if (branch != former && has_commit(repository, branch)) {
    repository.default_branch = branch;
    save(context, repository, former);
  }
  return repository;
}

RepositoryAccess follow_head(const Context& context, const RepositoryAccess& access) {
  RepositoryAccess followed = access;
  followed.repository = follow_head(context, access.repository);
  return followed;
}

Result<core::ResolvedRef> find_default_branch(const git::Repository& git,
                                              const core::Repository& repository) {
  std::string branch = repository.default_branch;
  const bool follows = repository.default_branch_source == DefaultBranchSource::head;
  if (follows) {
    const auto head = TRY(git::read_head_branch(repository.path));
    if (!head) return missing(repository, "HEAD of the repository points to no branch.");
    branch = *head;
  }
  if (auto found = TRY(git.resolve(heads + branch))) return std::move(*found);
  return missing(repository, (follows ? "HEAD of the repository points to " + branch + ", which"
                                      : "The branch " + branch) +
                                 " has no commit.");
}

Result<void> check_branch_exists(const core::Repository& repository, const std::string& branch) {
  const auto git = TRY(git::Repository::open(repository));
  if (!branch.empty() && TRY(git.resolve(heads + branch))) return {};
  return fail_validation({"Repository", "default_branch", "invalid",
                          "The branch " + branch +
                              " was not found. Please push that ref first or create it via the Git "
                              "Data API."},
                         "invalid_branch");
}

}  // namespace esclusa::app
