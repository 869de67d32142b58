#include "git/library.h"

#include <new>

#include "base/check.h"
#include "core/ref.h"
#include "git/folder.h"

namespace esclusa::git {
namespace {

/// At the first call in a thread libgit2 allocates what it keeps for the thread. If there is no
/// memory for that, version 1.5 calls itself until the stack ends. So more memory than that is
/// asked for before; without it this throws, and the next call tries again.
void start_thread() {
  constexpr size_t more_than_enough = 16 * 1024;
  thread_local const bool is_ready = [] {
    ::operator delete(::operator new(more_than_enough));
    git_error_clear();
    return true;
  }();
  ENSURE(is_ready);
}

}  // namespace

void start_library() {
  static const bool started = [] {
    ENSURE(git_libgit2_init() > 0);
    // Disabled: repositories often belong to another account, the one that people push as, and
    // libgit2 never executes anything of a repository.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    // The ref that keeps a commit must be on the disk before the deployment is.
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    // The configuration of the user and the machine must not change what is read.
    for (int level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
                      GIT_CONFIG_LEVEL_PROGRAMDATA}) {
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
    return true;
  }();
  ENSURE(started);
  start_thread();
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

Result<std::optional<FoundObject>> find_object(git_repository* repository, const git_oid& id) {
  OdbHandle objects;
  FoundObject found;
  int error = receive(objects, git_repository_odb, repository);
  if (error == 0) error = git_odb_read_header(&found.size, &found.type, objects.get(), &id);
  if (error == GIT_ENOTFOUND) return std::nullopt;
  if (error != 0) return unreadable("looking at an object");
  return found;
}

std::unexpected<Error> unreadable(std::string_view doing) {
  const git_error* error = git_error_last();
  return cannot_read(doing, error ? error->message : "unknown");
}

std::unexpected<Error> history_too_long(size_t walked_max) {
  return fail(ErrorCode::invalid,
              "The answer lies behind more than " + std::to_string(walked_max) +
                  " commits, which is too many for one request.",
              "history_too_long");
}

}  // namespace esclusa::git
