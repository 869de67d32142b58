#include "app/commits.h"

#include "app/default_branch.h"
#include "core/names.h"
#include "git/refs.h"
#include "store/accounts.h"

namespace esclusa::app {

Result<bool> is_empty(const git::Repository& git) {
  return TRY(git::list_ref_names(git, "refs/heads/")).empty();
}

std::unexpected<Error> repository_empty() {
  return fail(ErrorCode::conflict, "Git Repository is empty.", "repository_empty");
}

std::unexpected<Error> git_data_not_found(const git::Repository& git) {
  const auto empty = is_empty(git);
  if (!empty) return std::unexpected(empty.error());
  return *empty ? repository_empty() : not_found();
}

Result<std::optional<core::ResolvedRef>> resolve_in_path(const git::Repository& git,
                                                         const core::Repository& repository,
                                                         const std::string& ref) {
  if (auto found = TRY(git.resolve(ref))) return found;
  if (ref == "HEAD") {
    auto found = find_default_branch(git, repository);
    if (found) return std::move(*found);
    // For an empty repository every caller answers that it is empty.
    if (TRY(is_empty(git))) return std::nullopt;
    return std::unexpected(std::move(found).error());
  }
  if (ref.starts_with("heads/") || ref.starts_with("tags/")) return git.resolve("refs/" + ref);
  return std::nullopt;
}

Result<std::string> find_commit(const RepositoryAccess& access, const std::string& ref) {
  const auto git = TRY(git::Repository::open(access.repository));
  const auto found = TRY(resolve_in_path(git, access.repository, ref));
  if (!found) {
    return fail(ErrorCode::not_found, "No commit found for the ref " + ref, "ref_not_found");
  }
  return found->sha;
}

Result<std::string> require_commit(const RepositoryAccess& access, const std::string& sha) {
  if (core::is_full_sha(sha)) {
    const auto git = TRY(git::Repository::open(access.repository));
    if (auto found = TRY(git.resolve(sha))) return found->sha;
  }
  return fail(ErrorCode::invalid, "No commit found for SHA: " + sha, "commit_not_found");
}

Result<void> find_accounts(const Context& context, const std::vector<core::Signature*>& people) {
  std::vector<std::pair<AccountId, core::Signature*>> wanted;
  for (core::Signature* person : people) {
    if (auto id = core::account_of_address(person->email)) wanted.emplace_back(*id, person);
  }
  if (wanted.empty()) return {};
  return context.database.read([&](Reader& db) -> Result<void> {
    for (auto& [id, person] : wanted) person->account = store::find_account(db, id);
    return {};
  });
}

}  // namespace esclusa::app
