#include "git/repository.h"

#include <utility>

#include "base/trace.h"
#include "git/distance.h"
#include "git/figures.h"
#include "git/library.h"
#include "git/objects.h"
#include "git/peel.h"
#include "git/ref_files.h"
#include "git/ref_update.h"

namespace esclusa::git {
namespace {

using core::RefKind;
using core::ResolvedRef;
using Resolution = std::optional<ResolvedRef>;

Result<Resolution> resolve_name(const Repository& repository, std::string_view ref, bool& exists) {
  for (std::string& name : core::candidate_ref_names(ref)) {
    auto value = TRY(read_ref(repository.folder(), name));
    if (!value) continue;
    exists = true;
    auto sha = TRY(follow_ref(repository.folder(), std::move(*value)));
    if (!sha) return std::nullopt;
    auto commit = TRY(peel_to_commit(repository.handle(), *sha));
    if (!commit) return std::nullopt;
    const RefKind kind = core::kind_of_full_name(name);
    return ResolvedRef{kind, std::move(name), std::move(*commit)};
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
  std::filesystem::path path;
  std::vector<std::string> alternates;
  Folder folder;
  RepositoryHandle objects = nullptr;  ///< depends on the folder
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(const core::Repository& registered) {
  return open(registered.path, registered.alternates);
}

GitFigures& figures() {
  static GitFigures all;
  return all;
}

Result<Repository> Repository::open(const std::filesystem::path& git_directory,
                                    std::vector<std::string> alternates) {
  const Span span("git open");
  const Timed timed(figures().opens);
  Trace::count(Trace::Count::git_open);
  start_library();
  auto state = std::make_unique<State>(git_directory, std::move(alternates),
                                       TRY(Folder::open(git_directory)));
  std::vector<Folder> folders;
  auto own = TRY(state->folder.folder("objects"));
  if (!own) return cannot_read("opening it", "it has no folder for objects");
  folders.push_back(std::move(*own));
  for (const std::string& path : state->alternates) folders.push_back(TRY(Folder::open(path)));
  state->objects = TRY(open_objects(state->folder, std::move(folders)));
  return Repository(std::move(state));
}

git_repository* Repository::handle() const { return state_->objects.get(); }
const Folder& Repository::folder() const { return state_->folder; }
const std::filesystem::path& Repository::path() const { return state_->path; }
const std::vector<std::string>& Repository::alternates() const { return state_->alternates; }

Result<std::optional<core::ResolvedRef>> Repository::resolve(std::string_view ref) const {
  const Span span("git resolve");
  Resolution found;
  bool exists = false;
  // As in git, a branch named like a full SHA cannot replace the commit.
  if (core::is_full_sha(ref)) found = TRY(resolve_sha(handle(), ref));
  if (!found) found = TRY(resolve_name(*this, ref, exists));
  if (!found && !exists && core::is_abbreviated_sha(ref)) {
    found = TRY(resolve_sha(handle(), ref));
  }
  // Every ref is missing if the repository was removed, so check for HEAD.
  if (!found && !TRY(read_ref(folder(), "HEAD"))) {
    return cannot_read("looking a ref up", "there is no HEAD");
  }
  return found;
}

Result<std::optional<std::string>> Repository::head() const {
  auto value = TRY(read_ref(folder(), "HEAD"));
  if (!value || value->target.empty()) return std::nullopt;
  return std::move(value->target);
}

Result<Distance> Repository::compare(const std::string& base, const std::string& head) const {
  const Span span("git compare");
  return measure_distance(handle(), id_of(base), id_of(head));
}

Result<void> Repository::keep(const std::string& sha) const {
  const Span span("git keep");
  const git_oid id = id_of(sha);
  CommitHandle commit;
  if (receive(commit, git_commit_lookup, handle(), &id) != 0) {
    return unreadable("looking up the commit to keep");
  }
  return make_keep_ref(folder(), text_of(id));
}

}  // namespace esclusa::git
