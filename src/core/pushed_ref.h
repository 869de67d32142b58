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

/// What git writes for a commit that is not there: before a ref came to be, and after it is gone.
inline constexpr std::string_view zero_sha = "0000000000000000000000000000000000000000";

/// One ref that a push is to change, as git's hooks tell of it. Neither end needs to be a commit.
struct RefChange {
  std::string ref;  ///< full name
  std::string from_sha;
  std::string to_sha;

  bool creates() const { return from_sha == zero_sha; }
  bool deletes() const { return to_sha == zero_sha; }
  bool operator==(const RefChange&) const = default;
};

/// Whether git can have said that: a full name below `refs/` that is not hidden, two full SHAs in
/// lower case that differ.
bool is_ref_change(const RefChange& change);

/// Whether a deploy key may push to the ref: a branch, a tag or a note. What else is below `refs/`
/// means something to git itself (`refs/replace/`) or to us. `forbidden` names the ref.
Result<void> check_pushable(std::string_view ref);

/// A change that was written down before git made it. Which push it belongs to tells `session`,
/// who made it tells the deploy key, also after that was deleted.
struct PushedRef {
  PushedRefId id;
  std::string session;
  DeployKeyId deploy_key_id;
  Account pusher;  ///< who added the key
  RepositoryId repository_id;
  RefChange change;
  std::string request_id;
  Timestamp created_at{};
};

/// What the repository says about a change whose outcome nobody reported.
struct RefFacts {
  std::optional<std::string> current_sha;  ///< of the ref; nothing if it is not there
  bool current_has_to = false;             ///< the commit is behind the ref, or is it
  bool from_has_to = false;                ///< it was so before: the push led back
};

/// Whether the ref made the change, whatever came on top of it since. Git says no more than where
/// the ref is now.
bool has_changed(const RefChange& change, const RefFacts& facts);

}  // namespace esclusa::core
