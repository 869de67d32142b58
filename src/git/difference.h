#pragma once
#include <string>

#include "core/commit.h"
#include "git/repository.h"

namespace esclusa::git {

/// Limits how much of a difference is computed.
struct DifferenceBounds {
  /// No more files are examined, and no more than limits::diff_path_bytes of paths.
  size_t file_count = 0;
  core::Page page;  ///< patches are written only for the files of this page
};

/// The files that differ between two commits, by path, with renames as git finds them. If `base` is
/// empty, all files are new.
///
/// No lines are compared for binary files, for files longer than limits::diff_blob_bytes, and after
/// limits::diff_total_bytes have been compared. A patch that is too long is left out. `invalid` if
/// the trees have too many folders without files.
Result<core::Difference> difference(const Repository& repository, const std::string& base,
                                    const std::string& head, const DifferenceBounds& bounds);

}  // namespace esclusa::git
