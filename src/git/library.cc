#include "git/library.h"

#include <algorithm>
#include <climits>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "core/ref.h"

namespace esclusa::git {

void start_library() {
  static const bool started = [] {
    ENSURE(git_libgit2_init() > 0);
    // Repositories often belong to the account that people push as, and nothing of a repository is
    // ever executed by libgit2.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // A ref that keeps a commit must be on the disk before the deployment is.
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    // What our user or the machine has configured must not change what we read.
    for (int level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                      GIT_CONFIG_LEVEL_PROGRAMDATA}) {
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
    return true;
  }();
  ENSURE(started);
}

std::string text_of(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(text, sizeof text, &id);
}

git_oid id_of(std::string_view sha) {
  ENSURE(core::is_full_sha(sha));
  git_oid id;
  ENSURE(git_oid_fromstrn(&id, sha.data(), sha.size()) == 0);
  return id;
}

namespace {

/// Looking such a name up is an error of the file system, not an answer.
bool has_too_long_component(std::string_view name) {
  return std::ranges::any_of(split(name, '/'), [](auto part) { return part.size() > NAME_MAX; });
}

}  // namespace

Result<ReferenceHandle> find_reference(git_repository* repository, const std::string& name) {
  ReferenceHandle found;
  if (has_too_long_component(name)) return found;
  const int error = receive(found, git_reference_lookup, repository, name.c_str());
  // GIT_EBUFS: longer than any name that libgit2 can have written or read.
  if (error == GIT_ENOTFOUND || error == GIT_EINVALIDSPEC || error == GIT_EBUFS) return found;
  if (error != 0) return unreadable("looking a ref up");
  return found;
}

std::unexpected<Error> unreadable(std::string_view doing) {
  const git_error* error = git_error_last();
  log::warning("git repository unreadable",
               {{"doing", doing}, {"cause", error ? error->message : "unknown"}});
  return fail(ErrorCode::unavailable, "The git repository cannot be read.",
              "repository_unreadable");
}

}  // namespace esclusa::git
