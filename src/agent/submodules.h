#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "base/error.h"

/// Submodules of a commit. Anybody may have written `.gitmodules`: a URL in it leads to a path at
/// the host of the entry's `git`, and to another host only if the entry allows it.
namespace esclusa::agent {

/// A commit of another repository that stands in a commit's tree.
struct Gitlink {
  std::string path;
  std::string sha;
};

/// The gitlinks in what `git ls-files --stage -z` prints.
std::vector<Gitlink> read_gitlinks(std::string_view listing);

/// The URL of the submodule at that path, in what `git config -z --get-regexp` prints of
/// `.gitmodules`; empty if there is none.
std::string find_url(std::string_view settings, std::string_view path);

/// Where a submodule is fetched from.
struct SubmoduleSource {
  std::string git;           ///< as `Rule::git`
  bool is_at_entry = false;  ///< at the entry's host, where its key and its credentials are used
};

/// `url` stands in `.gitmodules` of what was fetched from `base`. `invalid` with a sentence unless
/// it is at the host of `rule.git` (for a path: below the folder that this one is in), or begins
/// with one of `rule.submodule_urls`.
Result<SubmoduleSource> find_source(const Rule& rule, std::string_view base, std::string_view url);

}  // namespace esclusa::agent
