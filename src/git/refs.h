#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/commit.h"
#include "git/repository.h"

/// Lists refs by name. Hidden ones (`core::is_hidden_ref`) do not exist here.
namespace esclusa::git {

/// The full names that begin with `prefix` (`refs/heads/`, `refs/tags/v1`), sorted bytewise.
Result<std::vector<std::string>> list_ref_names(const Repository& repository,
                                                std::string_view prefix);

/// All branches, in no order. Symbolic ones are left out: they are other names of branches that
/// come.
Result<std::vector<core::Branch>> list_branches(const Repository& repository);

/// The ref of exactly that full name; nothing if there is none, or if it is symbolic and its target
/// is unborn.
Result<std::optional<core::GitRef>> find_ref(const Repository& repository,
                                             const std::string& full_name);

/// A part of a list of refs in the order of their names.
struct RefPart {
  std::vector<core::GitRef> refs;  ///< what cannot be read is left out
  std::string last_name;           ///< behind which the next part begins; empty if this is the last
};
/// Looks at `count` refs whose names begin with `prefix`, beginning behind the name `after`; at
/// fewer if their names are long: the one that fills limits::ref_part_bytes is the last. Needs no
/// more memory for a long list than for a short one.
Result<RefPart> read_refs(const Repository& repository, std::string_view prefix,
                          std::string_view after, size_t count);

/// Branches that have the commit behind them, at most limits::event_branches: first those whose
/// latest commit it is, then `default_branch`, then by name. The search is bounded, so that where
/// there are very many branches, or long histories since that commit, some may be left out.
Result<std::vector<core::Branch>> list_branches_with(const Repository& repository,
                                                     const std::string& sha,
                                                     const std::string& default_branch);

}  // namespace esclusa::git
