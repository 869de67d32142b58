#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// Files that Git LFS keeps elsewhere: a checkout has a pointer of some 130 bytes in place of each.
namespace esclusa::agent {

/// The files below a checkout that have the form of a pointer, relative to it. `.git` is not looked
/// into, and symbolic links are not followed. `unavailable` if a part of it cannot be read.
Result<std::vector<std::string>> find_pointers(const std::filesystem::path& checkout);

/// Of what `git check-attr -z` prints: the files with `filter=lfs`.
std::vector<std::string> with_lfs_filter(std::string_view attributes);

/// `lfs.url`, in git-lfs's own form, for a repository that git fetches from there. It overrides the
/// `.lfsconfig` of the commit.
std::string lfs_url(const std::string& git);

}  // namespace esclusa::agent
