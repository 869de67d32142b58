#include "git/new_commits.h"

#include "git/distance.h"
#include "git/library.h"
#include "git/signature.h"

namespace esclusa::git {

Result<std::optional<std::vector<core::NewCommit>>> list_new_commits(const Repository& repository,
                                                                     const std::string& base,
                                                                     const std::string& head,
                                                                     size_t walked_max) {
  if (!TRY(repository.resolve(base)) || !TRY(repository.resolve(head))) return std::nullopt;
  std::vector<std::string> shas;
  TRY(measure_distance(repository.handle(), id_of(base), id_of(head), &shas, walked_max));
  std::vector<core::NewCommit> commits;
  commits.reserve(shas.size());
  for (std::string& sha : shas) {
    const git_oid id = id_of(sha);
    CommitHandle commit;
    if (receive(commit, git_commit_lookup, repository.handle(), &id) != 0) {
      return unreadable("reading a commit");
    }
    commits.push_back({std::move(sha), time_of(git_commit_time(commit.get()))});
  }
  return commits;
}

}  // namespace esclusa::git
