#include "app/commits.h"

#include "git/repository.h"

namespace esclusa::app {

Result<std::string> find_commit(const RepositoryAccess& access, const std::string& ref) {
  const auto git = TRY(git::Repository::open(access.repository.path));
  auto found = TRY(git.resolve(ref));
  if (!found && (ref.starts_with("heads/") || ref.starts_with("tags/"))) {
    found = TRY(git.resolve("refs/" + ref));
  }
  if (!found) {
    return fail(ErrorCode::not_found, "No commit found for the ref " + ref, "ref_not_found");
  }
  return found->sha;
}

Result<std::string> require_commit(const RepositoryAccess& access, const std::string& sha) {
  if (core::is_full_sha(sha)) {
    const auto git = TRY(git::Repository::open(access.repository.path));
    if (auto found = TRY(git.resolve(sha))) return found->sha;
  }
  return fail(ErrorCode::invalid, "No commit found for SHA: " + sha, "commit_not_found");
}

}  // namespace esclusa::app
