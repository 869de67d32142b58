#include "git/refs.h"

#include "base/text.h"
#include "core/ref.h"
#include "git/library.h"
#include "git/ref_files.h"

namespace esclusa::git {
namespace {

/// No ref has such a name.
bool names_nothing(std::string_view prefix) {
  return !prefix.starts_with("refs/") || has_control_characters(prefix) ||
         prefix.find_first_of(" ~^:?*[\\") != prefix.npos || prefix.contains("..");
}

}  // namespace

Result<std::vector<std::string>> list_ref_names(const Repository& repository,
                                                std::string_view prefix) {
  std::vector<std::string> names;
  if (names_nothing(prefix)) return names;
  for (ListedRef& ref : TRY(list_ref_files(repository.folder(), prefix))) {
    names.push_back(std::move(ref.name));
  }
  return names;
}

Result<std::vector<core::Branch>> list_branches(const Repository& repository) {
  constexpr std::string_view prefix = "refs/heads/";
  std::vector<core::Branch> branches;
  for (ListedRef& ref : TRY(list_ref_files(repository.folder(), prefix))) {
    if (ref.sha.empty()) {
      auto value = read_ref(repository.folder(), ref.name);
      if (!value || !*value) continue;
      ref.sha = std::move((*value)->sha);
    }
    if (!ref.sha.empty()) branches.push_back({ref.name.substr(prefix.size()), std::move(ref.sha)});
  }
  return branches;
}

namespace {

/// The SHA where a listed ref leads to; nothing if that does not exist.
Result<std::optional<std::string>> find_sha(const Repository& repository, const ListedRef& ref) {
  if (!ref.sha.empty()) return ref.sha;
  auto value = TRY(read_ref(repository.folder(), ref.name));
  if (!value) return std::nullopt;
  return follow_ref(repository.folder(), std::move(*value));
}

/// Nothing if there is no such ref, or if it is symbolic and its target is unborn.
Result<std::optional<core::GitRef>> look_at(const Repository& repository, const ListedRef& ref) {
  const auto sha = TRY(find_sha(repository, ref));
  if (!sha) return std::nullopt;
  const git_oid id = id_of(*sha);
  OdbHandle objects;
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (receive(objects, git_repository_odb, repository.handle()) != 0 ||
      git_odb_read_header(&size, &type, objects.get(), &id) != 0) {
    return unreadable("looking at what a ref points to");
  }
  return core::GitRef{ref.name, git_object_type2string(type), *sha};
}

}  // namespace

Result<std::optional<core::GitRef>> find_ref(const Repository& repository,
                                             const std::string& full_name) {
  const auto names = core::candidate_ref_names(full_name);
  if (names.empty() || names.front() != full_name) return std::nullopt;
  return look_at(repository, {full_name, ""});
}

Result<RefPart> read_refs(const Repository& repository, std::string_view prefix,
                          std::string_view after, size_t count) {
  RefPart part;
  if (names_nothing(prefix)) return part;
  const auto listed = TRY(list_ref_files_after(repository.folder(), prefix, after, count));
  for (const ListedRef& ref : listed) {
    auto found = look_at(repository, ref);
    if (found && *found) part.refs.push_back(std::move(**found));
  }
  if (listed.size() == count) part.last_name = listed.back().name;
  return part;
}

}  // namespace esclusa::git
