#include "app/contents.h"

#include "app/commits.h"
#include "app/git_data.h"
#include "git/commits.h"
#include "git/object_content.h"

namespace esclusa::app {
namespace {

/// The SHA of the tree of the commit that `ref` names.
Result<std::string> find_tree(const git::Repository& git, const core::Repository& repository,
                              const std::string& ref) {
  if (const auto found = TRY(resolve_in_path(git, repository, ref.empty() ? "HEAD" : ref))) {
    return TRY(git::read_commit(git, found->sha)).tree_sha;
  }
  if (TRY(is_empty(git))) return fail(ErrorCode::not_found, "This repository is empty.");
  return fail(ErrorCode::not_found, "No commit found for the ref " + ref, "ref_not_found");
}

}  // namespace

Result<Contents> get_contents(const RepositoryAccess& access, const std::string& path,
                              const std::string& ref) {
  const auto git = TRY(git::Repository::open(access.repository));
  Contents contents{{"", "040000", "tree", TRY(find_tree(git, access.repository, ref))}, {}, {}};
  if (!path.empty()) {
    auto found = TRY(git::find_in_tree(git, contents.entry.sha, path));
    if (!found) return not_found();
    contents.entry = std::move(*found);
  }
  const core::TreeEntry& entry = contents.entry;
  if (entry.type == "blob") {
    auto blob = TRY(git::read_blob(git, entry.sha, git_blob_bytes));
    if (!blob) return not_found();
    contents.text = std::move(blob->content);
  }
  if (entry.type != "tree") return contents;
  auto tree = TRY(git::read_tree(git, entry.sha, false, folder_entries));
  if (!tree) return not_found();
  const std::string folder = path.empty() ? "" : path + "/";
  size_t path_bytes = 0;
  for (core::TreeEntry& child : tree->entries) {
    child.path = folder + child.path;
    path_bytes += child.path.size();
    if (path_bytes > folder_path_bytes) break;
    contents.children.push_back(std::move(child));
  }
  return contents;
}

}  // namespace esclusa::app
