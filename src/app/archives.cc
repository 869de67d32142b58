#include "app/archives.h"

#include "app/commits.h"
#include "core/ref.h"

namespace esclusa::app {

Result<Archive> open_archive(const RepositoryAccess& access, const std::string& commit_sha,
                             core::ArchiveFormat format) {
  if (!core::is_full_sha(commit_sha)) return not_found();
  const std::string sha = TRY(find_commit(access, commit_sha));
  const core::Repository& repository = access.repository;
  std::string name = repository.owner.login + "-" + repository.name + "-" + sha.substr(0, 7);
  auto parts = std::make_shared<git::Archive>(repository, sha, name, format);
  return Archive{std::move(name), std::move(parts)};
}

}  // namespace esclusa::app
