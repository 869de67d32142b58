#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

/// Files that Git LFS stores elsewhere: a checkout has a pointer of some 130 bytes for each of
/// them.
namespace esclusa::agent {

/// The files in a checkout that look like pointers, relative to the checkout. Skips `.git`, and
/// does not follow symbolic links. `unavailable` if a part of the checkout cannot be read.
Result<std::vector<std::string>> find_pointers(const std::filesystem::path& checkout);

/// The files with `filter=lfs` in the output of `git check-attr -z`.
std::vector<std::string> with_lfs_filter(std::string_view attributes);

/// The value of `lfs.url`, in git-lfs's own form, for a repository that git fetches from this URL.
/// It overrides the `.lfsconfig` of the commit.
std::string lfs_url(const std::string& git);

}  // namespace esclusa::agent
