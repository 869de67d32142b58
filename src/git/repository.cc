#include "git/repository.h"

#include <chrono>
#include <thread>
#include <utility>

#include "git/distance.h"
#include "git/library.h"
#include "git/lock.h"

namespace esclusa::git {
namespace {

using core::RefKind;
using core::ResolvedRef;
using Resolution = std::optional<ResolvedRef>;

constexpr int keep_attempts = 20;
constexpr std::chrono::milliseconds keep_pause{10};

/// libgit2 answers "not found" for everything if the folder is no more.
bool has_vanished(git_repository* repository) {
  ReferenceHandle head;
  return receive(head, git_reference_lookup, repository, "HEAD") != 0;
}

enum class Found { no, yes, not_a_commit };

/// Looks up one full name and peels it, into `sha`.
Result<Found> look_up(git_repository* repository, const std::string& name, std::string& sha) {
  const ReferenceHandle named = TRY(find_reference(repository, name));
  if (!named) return Found::no;
  ReferenceHandle direct;
  int error = receive(direct, git_reference_resolve, named.get());
  if (error == GIT_ENOTFOUND) return Found::not_a_commit;  // symbolic, and its target is unborn
  if (error != 0) return unreadable("following a symbolic ref");
  ObjectHandle commit;
  error = receive(commit, git_reference_peel, direct.get(), GIT_OBJECT_COMMIT);
  if (error == GIT_EPEEL || error == GIT_EINVALIDSPEC) return Found::not_a_commit;
  if (error != 0) return unreadable("peeling a ref");
  sha = text_of(*git_object_id(commit.get()));
  return Found::yes;
}

Result<Resolution> resolve_name(git_repository* repository, std::string_view ref, bool& exists) {
  std::string sha;
  for (std::string& name : core::candidate_ref_names(ref)) {
    const Found found = TRY(look_up(repository, name, sha));
    if (found == Found::no) continue;
    exists = true;
    if (found == Found::not_a_commit) return std::nullopt;
    const RefKind kind = core::kind_of_full_name(name);
    return ResolvedRef{kind, std::move(name), std::move(sha)};
  }
  return std::nullopt;
}

Result<Resolution> resolve_sha(git_repository* repository, std::string_view digits) {
  git_oid prefix;
  if (git_oid_fromstrn(&prefix, digits.data(), digits.size()) != 0) return std::nullopt;
  CommitHandle commit;
  const int error = receive(commit, git_commit_lookup_prefix, repository, &prefix, digits.size());
  if (error == GIT_ENOTFOUND || error == GIT_EAMBIGUOUS) return std::nullopt;
  if (error != 0) return unreadable("looking a commit up");
  return ResolvedRef{RefKind::commit, "", text_of(*git_commit_id(commit.get()))};
}

}  // namespace

struct Repository::State {
  RepositoryHandle repository;
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(const std::filesystem::path& git_directory) {
  start_library();
  auto state = std::make_unique<State>();
  // The objects are opened now, as libgit2 1.5 leaks memory at each attempt if they are gone later.
  OdbHandle objects;
  if (receive(state->repository, git_repository_open_bare, git_directory.c_str()) != 0 ||
      receive(objects, git_repository_odb, state->repository.get()) != 0) {
    return unreadable("opening it");
  }
  return Repository(std::move(state));
}

git_repository* Repository::handle() const { return state_->repository.get(); }

Result<std::optional<core::ResolvedRef>> Repository::resolve(std::string_view ref) const {
  git_repository* repository = state_->repository.get();
  Resolution found;
  bool exists = false;
  // As in git, nobody can put a branch in the place of a commit by naming it like the commit.
  if (core::is_full_sha(ref)) found = TRY(resolve_sha(repository, ref));
  if (!found) found = TRY(resolve_name(repository, ref, exists));
  if (!found && !exists && core::is_abbreviated_sha(ref)) {
    found = TRY(resolve_sha(repository, ref));
  }
  if (!found && has_vanished(repository)) return unreadable("looking a ref up");
  return found;
}

Result<Distance> Repository::compare(const std::string& base, const std::string& head) const {
  return measure_distance(state_->repository.get(), id_of(base), id_of(head));
}

Result<void> Repository::keep(const std::string& sha) const {
  git_repository* repository = state_->repository.get();
  const git_oid id = id_of(sha);
  CommitHandle commit;
  if (receive(commit, git_commit_lookup, repository, &id) != 0) {
    return unreadable("looking up the commit to keep");
  }
  const std::string name = core::keep_ref_name(sha);
  for (int attempt = 1;; ++attempt) {
    ReferenceHandle created;
    constexpr int no_force = 0;
    const int error =
        receive(created, git_reference_create, repository, name.c_str(), &id, no_force, nullptr);
    // The name says what it points to: whoever made it made the same.
    if (error == 0 || error == GIT_EEXISTS) return {};
    // Another of us is making it, or git is packing its refs; or one of us was killed at it. Should
    // that one be alive after all, it is for the same ref at the same commit.
    if (error != GIT_ELOCKED || attempt > keep_attempts) return unreadable("keeping a commit");
    if (attempt == keep_attempts) {
      remove_left_lock(git_repository_commondir(repository), name,
                       name.substr(name.rfind('/') + 1));
      continue;
    }
    std::this_thread::sleep_for(keep_pause);
  }
}

}  // namespace esclusa::git
