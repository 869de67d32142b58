#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/folder.h"

/// Reads refs from their files: loose refs, then `packed-refs`. Repositories in another format
/// (reftable) cannot be registered.
namespace esclusa::git {

/// The content of a ref's file: one of the two fields is empty.
struct RefValue {
  std::string sha;     ///< 40 lower-case hex digits
  std::string target;  ///< of a symbolic ref: a full name below `refs/`; empty if not
};

/// The ref with that full name, which is one of `core::candidate_ref_names`, or `HEAD`; nothing if
/// it does not exist. An error if its file has invalid content or is not a regular file.
Result<std::optional<RefValue>> read_ref(const Folder& repository, const std::string& name);

/// The SHA that a ref finally leads to; nothing if the target does not exist. An error after five
/// symbolic refs in a row, as in git.
Result<std::optional<std::string>> follow_ref(const Folder& repository, RefValue value);

struct ListedRef {
  std::string name;
  std::string sha;  ///< empty: the SHA must be read separately
};

/// The refs whose full names begin with `prefix`, which begins with `refs/`; sorted bytewise. Left
/// out are invalid names, files that cannot be opened, and hidden refs; symbolic refs are included.
/// An error if there are more than limits::listed_refs.
Result<std::vector<ListedRef>> list_ref_files(const Folder& repository, std::string_view prefix);

/// The first `count` of these refs whose names come after `after`. In memory are at most `count`
/// loose and `count` packed refs, and the names of one folder.
Result<std::vector<ListedRef>> list_ref_files_after(const Folder& repository,
                                                    std::string_view prefix, std::string_view after,
                                                    size_t count);

}  // namespace esclusa::git
