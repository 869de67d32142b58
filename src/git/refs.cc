#include "git/refs.h"

#include <algorithm>

#include "base/text.h"
#include "core/ref.h"
#include "git/library.h"

namespace esclusa::git {
namespace {

/// No ref has such a name, and libgit2 would take it for a pattern.
bool names_nothing(std::string_view prefix) {
  return !prefix.starts_with("refs/") || has_control_characters(prefix) ||
         prefix.find_first_of(" ~^:?*[\\") != prefix.npos;
}

}  // namespace

Result<std::vector<std::string>> list_ref_names(const Repository& repository,
                                                std::string_view prefix) {
  std::vector<std::string> names;
  if (names_nothing(prefix)) return names;
  const std::string pattern = std::string(prefix) + "*";  // its star takes slashes, too
  ReferenceIteratorHandle iterator;
  if (receive(iterator, git_reference_iterator_glob_new, repository.handle(), pattern.c_str()) !=
      0) {
    return unreadable("listing the refs");
  }
  const char* name = nullptr;
  int error = 0;
  while ((error = git_reference_next_name(&name, iterator.get())) == 0) {
    if (!core::is_hidden_ref(name)) names.emplace_back(name);
  }
  if (error != GIT_ITEROVER) return unreadable("listing the refs");
  std::ranges::sort(names);
  return names;
}

Result<std::vector<core::Branch>> list_branches(const Repository& repository) {
  ReferenceIteratorHandle iterator;
  if (receive(iterator, git_reference_iterator_glob_new, repository.handle(), "refs/heads/*") !=
      0) {
    return unreadable("listing the branches");
  }
  std::vector<core::Branch> branches;
  ReferenceHandle reference;
  int error = 0;
  while ((error = receive(reference, git_reference_next, iterator.get())) == 0) {
    // A symbolic one is another name of a branch that comes, too.
    const git_oid* id = git_reference_target(reference.get());
    if (id != nullptr) {
      branches.push_back({git_reference_shorthand(reference.get()), text_of(*id)});
    }
  }
  if (error != GIT_ITEROVER) return unreadable("listing the branches");
  return branches;
}

Result<std::optional<core::GitRef>> find_ref(const Repository& repository,
                                             const std::string& full_name) {
  const auto names = core::candidate_ref_names(full_name);
  if (names.empty() || names.front() != full_name) return std::nullopt;
  const ReferenceHandle named = TRY(find_reference(repository.handle(), full_name));
  if (!named) return std::nullopt;
  ReferenceHandle direct;
  const int error = receive(direct, git_reference_resolve, named.get());
  if (error == GIT_ENOTFOUND) return std::nullopt;
  if (error != 0) return unreadable("following a symbolic ref");
  const git_oid* id = git_reference_target(direct.get());
  OdbHandle objects;
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (receive(objects, git_repository_odb, repository.handle()) != 0 ||
      git_odb_read_header(&size, &type, objects.get(), id) != 0) {
    return unreadable("looking at what a ref points to");
  }
  return core::GitRef{full_name, git_object_type2string(type), text_of(*id)};
}

}  // namespace esclusa::git
