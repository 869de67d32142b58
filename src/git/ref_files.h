#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/folder.h"

/// Reads a repository's refs from their files: loose ones, then `packed-refs`. A repository in
/// another format (reftable) is not registered.
namespace esclusa::git {

/// What a ref's file says: one of the two is empty.
struct RefValue {
  std::string sha;     ///< 40 lower-case hex digits
  std::string target;  ///< of a symbolic ref: a full name below `refs/`; empty if it is elsewhere
};

/// The ref of that full name, which is one of `core::candidate_ref_names`, or `HEAD`; nothing if
/// there is none. An error if its file holds something else, or is none.
Result<std::optional<RefValue>> read_ref(const Folder& repository, const std::string& name);

/// What a ref leads to in the end; nothing if that does not exist. An error after five symbolic
/// refs in a row, as in git.
Result<std::optional<std::string>> follow_ref(const Folder& repository, RefValue value);

struct ListedRef {
  std::string name;
  std::string sha;  ///< empty where it must be read yet
};

/// Refs whose full names begin with `prefix`, which begins with `refs/`; sorted bytewise. What
/// cannot be a ref, or cannot be opened, is left out, and so are hidden refs; a symbolic ref is one
/// like any other. An error beyond limits::listed_refs.
Result<std::vector<ListedRef>> list_ref_files(const Folder& repository, std::string_view prefix);

/// Of the same refs those whose names come after `after`, the first `count` of them. However many
/// there are, it holds `count` loose and `count` packed ones, and the names in one folder.
Result<std::vector<ListedRef>> list_ref_files_after(const Folder& repository,
                                                    std::string_view prefix, std::string_view after,
                                                    size_t count);

}  // namespace esclusa::git
