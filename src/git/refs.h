#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/commit.h"
#include "git/repository.h"

/// Lists refs by name. Hidden refs (`core::is_hidden_ref`) are never listed.
namespace esclusa::git {

/// The full names that begin with `prefix` (`refs/heads/`, `refs/tags/v1`), sorted bytewise.
Result<std::vector<std::string>> list_ref_names(const Repository& repository,
                                                std::string_view prefix);

/// All branches, unordered, without symbolic ones, which are only other names of listed branches.
Result<std::vector<core::Branch>> list_branches(const Repository& repository);

/// The ref with exactly that full name; nothing if there is none, or if it is symbolic and its
/// target does not exist.
Result<std::optional<core::GitRef>> find_ref(const Repository& repository,
                                             const std::string& full_name);

/// A part of a list of refs, ordered by name.
struct RefPart {
  std::vector<core::GitRef> refs;  ///< without unreadable refs
  std::string last_name;           ///< the next part begins after it; empty in the last part
};
/// Reads up to `count` refs whose names begin with `prefix` and come after `after`. Reads fewer if
/// the names are long: the ref that reaches limits::ref_part_bytes is the last. The memory used
/// does not depend on the length of the list.
Result<RefPart> read_refs(const Repository& repository, std::string_view prefix,
                          std::string_view after, size_t count);

/// The branches that contain the commit, at most limits::event_branches: first those whose tip it
/// is, then `default_branch`, then by name. The search is bounded: with very many branches, or a
/// long history since that commit, some may be missing.
Result<std::vector<core::Branch>> list_branches_with(const Repository& repository,
                                                     const std::string& sha,
                                                     const std::string& default_branch);

}  // namespace esclusa::git
