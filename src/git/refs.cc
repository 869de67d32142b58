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

Result<std::optional<core::GitRef>> find_ref(const Repository& repository,
                                             const std::string& full_name) {
  const auto names = core::candidate_ref_names(full_name);
  if (names.empty() || names.front() != full_name) return std::nullopt;
  auto value = TRY(read_ref(repository.folder(), full_name));
  if (!value) return std::nullopt;
  const auto sha = TRY(follow_ref(repository.folder(), std::move(*value)));
  if (!sha) return std::nullopt;
  const git_oid id = id_of(*sha);
  OdbHandle objects;
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (receive(objects, git_repository_odb, repository.handle()) != 0 ||
      git_odb_read_header(&size, &type, objects.get(), &id) != 0) {
    return unreadable("looking at what a ref points to");
  }
  return core::GitRef{full_name, git_object_type2string(type), *sha};
}

}  // namespace esclusa::git
