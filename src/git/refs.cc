#include "git/refs.h"

#include "base/text.h"
#include "core/ref.h"
#include "git/library.h"
#include "git/limits.h"
#include "git/ref_files.h"

namespace esclusa::git {
namespace {

/// Whether no ref can have a name with this prefix.
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

/// The SHA that a listed ref leads to; nothing if the target does not exist.
Result<std::optional<std::string>> find_sha(const Repository& repository, const ListedRef& ref) {
  if (!ref.sha.empty()) return ref.sha;
  auto value = TRY(read_ref(repository.folder(), ref.name));
  if (!value) return std::nullopt;
  return follow_ref(repository.folder(), std::move(*value));
}

}  // namespace

Result<std::optional<core::GitRef>> find_ref(const Repository& repository,
                                             const std::string& full_name) {
  const auto names = core::candidate_ref_names(full_name);
  if (names.empty() || names.front() != full_name) return std::nullopt;
  const auto sha = TRY(find_sha(repository, {full_name, ""}));
  if (!sha) return std::nullopt;
  const auto object = TRY(find_object(repository.handle(), id_of(*sha)));
  if (!object) return unreadable("looking at what a ref points to");
  return core::GitRef{full_name, git_object_type2string(object->type), *sha};
}

Result<RefPart> read_refs(const Repository& repository, std::string_view prefix,
                          std::string_view after, size_t count) {
  RefPart part;
  if (names_nothing(prefix)) return part;
  const auto listed = TRY(list_ref_files_after(repository.folder(), prefix, after, count));
  size_t name_bytes = 0;
  for (const ListedRef& ref : listed) {
    if (name_bytes >= limits::ref_part_bytes) return part;
    name_bytes += ref.name.size();
    part.last_name = ref.name;
    const auto sha = find_sha(repository, ref);
    if (!sha || !*sha) continue;
    const auto object = find_object(repository.handle(), id_of(**sha));
    if (!object || !*object) continue;
    part.refs.push_back({ref.name, git_object_type2string((*object)->type), **sha});
  }
  if (listed.size() < count) part.last_name.clear();
  return part;
}

}  // namespace esclusa::git
