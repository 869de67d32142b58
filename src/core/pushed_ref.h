#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/deploy_key.h"

namespace esclusa {
using PushedRefId = Id<struct PushedRefTag>;
}

namespace esclusa::core {

/// git's SHA for no object: before a ref is created, and after it is deleted.
inline constexpr std::string_view zero_sha = "0000000000000000000000000000000000000000";

/// A change of one ref by a push, as git's hooks report it. The objects need not be commits.
struct RefChange {
  std::string ref;  ///< full name
  std::string from_sha;
  std::string to_sha;

  bool creates() const { return from_sha == zero_sha; }
  bool deletes() const { return to_sha == zero_sha; }
  bool operator==(const RefChange&) const = default;
};

/// Whether git can have reported the change: a full name below `refs/` that is not hidden, and two
/// different full SHAs in lower case.
bool is_ref_change(const RefChange& change);

/// Whether a deploy key may push to the ref: a branch, a tag or a note. Other refs below `refs/`
/// have a meaning for git itself (`refs/replace/`) or for Esclusa. `forbidden` names the ref.
Result<void> check_pushable(std::string_view ref);

/// A change that is recorded before git makes it. `session` identifies the push; the deploy key
/// tells who pushed, even after the key was deleted.
struct PushedRef {
  PushedRefId id;
  std::string session;
  DeployKeyId deploy_key_id;
  Account pusher;  ///< the account that added the key
  RepositoryId repository_id;
  RefChange change;
  std::string request_id;
  Timestamp created_at{};
};

/// The state of the repository after a change whose outcome nobody reported.
struct RefFacts {
  std::optional<std::string> current_sha;  ///< of the ref; nothing if the ref does not exist
  bool current_has_to = false;             ///< `to_sha` is the ref's commit or an ancestor of it
  bool from_has_to = false;                ///< the same for `from_sha`: the push moved the ref back
};

/// Whether the ref shows that the change happened, even if later changes followed. Git tells only
/// where the ref is now.
bool has_changed(const RefChange& change, const RefFacts& facts);

}  // namespace esclusa::core
