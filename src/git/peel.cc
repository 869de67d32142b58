#include "git/peel.h"

#include "git/limits.h"

namespace esclusa::git {

Result<std::optional<std::string>> peel_to_commit(git_repository* repository,
                                                  const std::string& sha) {
  const git_oid id = id_of(sha);
  ObjectHandle object;
  if (receive(object, git_object_lookup, repository, &id, GIT_OBJECT_ANY) != 0) {
    return unreadable("looking at what a ref leads to");
  }
  // git_object_peel() has no limit.
  for (size_t depth = 0; git_object_type(object.get()) == GIT_OBJECT_TAG; ++depth) {
    if (depth == limits::git_tag_depth) return std::nullopt;
    ObjectHandle target;
    const auto* tag = reinterpret_cast<const git_tag*>(object.get());
    if (receive(target, git_tag_target, tag) != 0) return unreadable("following a tag");
    object = std::move(target);
  }
  if (git_object_type(object.get()) != GIT_OBJECT_COMMIT) return std::nullopt;
  return text_of(*git_object_id(object.get()));
}

}  // namespace esclusa::git
