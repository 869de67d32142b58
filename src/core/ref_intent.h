#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/actor.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// git's SHA for no object: before a ref is created, and after it is deleted.
inline constexpr std::string_view zero_sha = "0000000000000000000000000000000000000000";

/// A change of one ref. The objects need not be commits.
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

/// A change of a ref that is going to happen in git: a merge of Esclusa's own, or a push. Git and
/// the database cannot share a transaction: the intent is stored first, then git changes the ref,
/// then the outcome is stored. After a crash, the ref itself shows the outcome.
struct RefIntent {
  RefIntentId id;
  RepositoryId repository_id;
  RefChange change;
  Actor actor = Actor::nobody();  ///< an account or a deploy key, in its request
  Account sender;       ///< of the `push` event: the actor's account, or the one that added the key
  std::string session;  ///< the push that the change belongs to; empty for a merge
  Timestamp created_at{};

  bool is_push() const { return !session.empty(); }
};

enum class RefOutcome {
  open,       ///< the outcome is not known yet
  moved,      ///< git has changed the ref
  abandoned,  ///< git never changed the ref
};

template <>
struct enum_names<RefOutcome> {
  static constexpr NameTable<RefOutcome, 3> values{{{RefOutcome::open, "open"},
                                                    {RefOutcome::moved, "moved"},
                                                    {RefOutcome::abandoned, "abandoned"}}};
};

/// The state of the repository after a change whose outcome nobody reported.
struct RefFacts {
  std::optional<std::string> current_sha;  ///< of the ref; nothing if the ref does not exist
  bool current_has_to = false;             ///< `to_sha` is the ref's commit or an ancestor of it
  bool from_has_to = false;  ///< the same for `from_sha`: the change moved the ref back
};

/// Whether the ref shows that the change happened, even if later changes followed. Git tells only
/// where the ref is now.
bool has_changed(const RefChange& change, const RefFacts& facts);

}  // namespace esclusa::core
