#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "base/error.h"

/// Submodules of a commit. `.gitmodules` is not trusted: a URL in it may lead to a path at the host
/// of the entry's `git`, and to another host only if the entry allows it.
namespace esclusa::agent {

/// A commit of another repository that is an entry of a commit's tree.
struct Gitlink {
  std::string path;
  std::string sha;
};

/// Parses the gitlinks in the output of `git ls-files --stage -z`.
std::vector<Gitlink> read_gitlinks(std::string_view listing);

/// The URL of the submodule at `path`, from the output of `git config -z --get-regexp` for
/// `.gitmodules`; empty if there is none.
std::string find_url(std::string_view settings, std::string_view path);

/// The place that a submodule is fetched from.
struct SubmoduleSource {
  std::string git;           ///< as `Rule::git`
  bool is_at_entry = false;  ///< true: uses the entry's key and credentials
};

/// Resolves the URL of a submodule; `base` is the URL of the repository whose `.gitmodules` has it.
/// `invalid` with a sentence unless the result is at the host of `rule.git` (if that is a path:
/// below its parent folder), or begins with one of `rule.submodule_urls`.
Result<SubmoduleSource> find_source(const Rule& rule, std::string_view base, std::string_view url);

}  // namespace esclusa::agent
