#pragma once
#include <string>

#include "core/commit.h"
#include "git/repository.h"

namespace esclusa::git {

/// How much of a difference is wanted.
struct DifferenceBounds {
  /// Files beyond are not looked at, nor those beyond limits::diff_path_bytes of paths.
  size_t file_count = 0;
  core::Page page;  ///< of which files the patches are written
};

/// The files that differ between two commits, by path; renames are found as git finds them. The
/// base may be empty: everything is new then.
///
/// A file that is binary or longer than limits::diff_blob_bytes has no lines, nor has one that
/// comes when limits::diff_total_bytes have been compared. Too long a patch is left out. `invalid`
/// if the trees hold too many folders without files.
Result<core::Difference> difference(const Repository& repository, const std::string& base,
                                    const std::string& head, const DifferenceBounds& bounds);

}  // namespace esclusa::git
