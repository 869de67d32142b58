#include "app/git_data.h"

#include "app/commits.h"
#include "base/text.h"
#include "core/ref.h"
#include "git/commits.h"
#include "git/object_content.h"

namespace esclusa::app {
namespace {

Result<git::Repository> open(const RepositoryAccess& access) {
  return git::Repository::open(access.repository);
}

/// Finds an object by its full SHA through `read`.
template <class Object, class Read>
Result<Object> find_object(const git::Repository& git, const std::string& sha, Read read) {
  if (core::is_full_sha(sha)) {
    auto found = TRY(read(ascii_lower(sha)));
    if (found) return std::move(*found);
  }
  return git_data_not_found(git);
}

}  // namespace

Result<std::optional<core::GitRef>> find_git_ref(const RepositoryAccess& access,
                                                 const std::string& name) {
  return git::find_ref(TRY(open(access)), "refs/" + name);
}

Result<core::GitRef> get_git_ref(const RepositoryAccess& access, const std::string& name) {
  const auto git = TRY(open(access));
  if (auto found = TRY(git::find_ref(git, "refs/" + name))) return *found;
  return git_data_not_found(git);
}

Result<core::Listing<core::GitRef>> list_git_refs(const RepositoryAccess& access,
                                                  const std::string& prefix,
                                                  const core::Page& page) {
  const auto git = TRY(open(access));
  const auto names = TRY(git::list_ref_names(git, "refs/" + prefix));
  if (names.empty()) return git_data_not_found(git);
  core::Listing<core::GitRef> listing;
  listing.total_count = static_cast<int64_t>(names.size());
  for (const std::string& name : page.cut(names)) {
    auto found = git::find_ref(git, name);
    if (found && *found) listing.items.push_back(std::move(**found));
  }
  return listing;
}

Result<git::RefPart> read_git_refs(const RepositoryAccess& access, const std::string& prefix,
                                   const std::string& after) {
  const auto git = TRY(open(access));
  auto part = TRY(git::read_refs(git, "refs/" + prefix, after, git_ref_part));
  const bool is_nothing = after.empty() && part.refs.empty() && part.last_name.empty();
  if (is_nothing && TRY(is_empty(git))) return repository_empty();
  return part;
}

Result<core::Tag> get_git_tag(const RepositoryAccess& access, const std::string& sha) {
  const auto git = TRY(open(access));
  return find_object<core::Tag>(git, sha,
                                [&](const std::string& full) { return git::read_tag(git, full); });
}

Result<core::Commit> get_git_commit(const RepositoryAccess& access, const std::string& sha) {
  const auto git = TRY(open(access));
  return find_object<core::Commit>(
      git, sha, [&](const std::string& full) -> Result<std::optional<core::Commit>> {
        const auto found = TRY(git.resolve(full));
        if (!found || found->sha != full) return std::nullopt;  // a branch of this name
        return TRY(git::read_commit(git, full));
      });
}

Result<core::Tree> get_git_tree(const RepositoryAccess& access, const std::string& ref,
                                bool recursive) {
  const auto git = TRY(open(access));
  auto read = [&](const std::string& sha) {
    return git::read_tree(git, sha, recursive, git_tree_entries);
  };
  if (core::is_full_sha(ref)) {
    if (auto tree = TRY(read(ascii_lower(ref)))) return std::move(*tree);
  }
  const auto found = TRY(resolve_in_path(git, access.repository, ref));
  if (!found) return git_data_not_found(git);
  const auto commit = TRY(git::read_commit(git, found->sha));
  return find_object<core::Tree>(git, commit.tree_sha, read);
}

Result<core::Blob> get_git_blob(const RepositoryAccess& access, const std::string& sha) {
  const auto git = TRY(open(access));
  auto blob = TRY(find_object<core::Blob>(git, sha, [&](const std::string& full) {
    return git::read_blob(git, full, git_blob_bytes);
  }));
  if (blob.size <= static_cast<int64_t>(git_blob_bytes)) return blob;
  return fail(ErrorCode::forbidden,
              "This API returns blobs up to 1 MB in size. The requested blob is too large to fetch "
              "via the API, but you can always clone the repository via Git in order to obtain it.",
              "blob_too_large");
}

}  // namespace esclusa::app
