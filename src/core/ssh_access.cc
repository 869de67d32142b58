#include "core/ssh_access.h"

namespace esclusa::core {

Result<void> check_key_opens(const std::optional<DeployKey>& key, Timestamp now) {
  if (key && is_enabled(*key, now)) return {};
  return fail(ErrorCode::forbidden,
              "this deploy key opens nothing any more: it was deleted, it has expired, or who "
              "added it is blocked",
              "key_disabled");
}

Result<void> check_ssh_session(const DeployKey& key, const std::optional<Repository>& repository,
                               const SshRequest& request) {
  if (!repository || repository->id != key.repository_id) {
    // The same refusal as for an absent repository: a key reveals nothing about other repositories.
    return fail(ErrorCode::not_found,
                "there is no repository " + request.full_name() + " that this deploy key opens",
                "wrong_repository");
  }
  if (request.service == GitService::upload_pack) return {};
  if (key.read_only) {
    return fail(ErrorCode::forbidden,
                "this deploy key may read " + repository->full_name() + ", but not push to it",
                "key_read_only");
  }
  if (!repository->writable) {
    return fail(ErrorCode::forbidden,
                repository->full_name() + " is registered as read-only: nobody pushes to it here",
                "repository_read_only");
  }
  return {};
}

}  // namespace esclusa::core
