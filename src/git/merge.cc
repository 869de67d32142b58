#include "git/merge.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "base/log.h"
#include "core/ref.h"
#include "git/library.h"
#include "git/program.h"

namespace esclusa::git {
namespace {

using namespace std::chrono_literals;

using SignatureHandle = std::unique_ptr<git_signature, Freer<git_signature_free>>;

/// git waits as long for a branch's lock (core.filesRefLockTimeout); libgit2 does not.
constexpr auto lock_wait = 100ms;
constexpr auto lock_pause = 5ms;

/// Renames in a folder are on the disk only when the folder itself is.
std::error_code sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return {errno, std::generic_category()};
  const int failed = ::fsync(fd);
  std::error_code error(failed ? errno : 0, std::generic_category());
  ::close(fd);
  return error;
}

/// `path` as an entry of GIT_ALTERNATE_OBJECT_DIRECTORIES, in which a colon begins the next one.
std::string quoted(const std::filesystem::path& path) {
  std::string text = "\"";
  for (char c : path.string()) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

/// A folder for the objects of a merge that may come to nothing: a conflict writes objects too.
/// The name is one that `git gc` sweeps, should we die.
class ScratchObjects {
 public:
  explicit ScratchObjects(const std::filesystem::path& git_directory)
      : objects_(git_directory / "objects"),
        folder_(objects_ / ("tmp_objdir-esclusa-" + hex(random_bytes(8)))) {}
  ~ScratchObjects() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchObjects(const ScratchObjects&) = delete;

  std::error_code make() const {
    std::error_code error;
    std::filesystem::create_directory(folder_, error);
    return error;
  }
  std::vector<std::string> environment() const {
    return {"GIT_OBJECT_DIRECTORY=" + folder_.string(),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoted(objects_)};
  }
  /// Moves the objects, all of them loose, to where the repository finds them.
  std::error_code migrate() const {
    std::error_code error;
    for (const auto& fan : std::filesystem::directory_iterator(folder_, error)) {
      if (fan.path().filename().string().size() != 2) continue;
      const auto home = objects_ / fan.path().filename();
      std::filesystem::create_directory(home, error);
      if (error) return error;
      for (const auto& object : std::filesystem::directory_iterator(fan.path(), error)) {
        std::filesystem::rename(object.path(), home / object.path().filename(), error);
        if (error) return error;
      }
      if (error = sync_folder(home); error) return error;
    }
    return error ? error : sync_folder(objects_);
  }

 private:
  std::filesystem::path objects_;
  std::filesystem::path folder_;
};

/// An empty repository for git to work in. Whatever git finds in the folder that it takes for its
/// repository, it obeys: merge drivers in its configuration and attributes are programs to run. It
/// gets the objects of the registered repository, and none of its other files.
class ScratchRepository {
 public:
  ScratchRepository() {
    std::string pattern = std::filesystem::temp_directory_path() / "esclusa-merge-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  }
  ~ScratchRepository() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  ScratchRepository(const ScratchRepository&) = delete;

  /// False if the disk is full, or there is no temporary folder.
  bool make() const {
    std::error_code error;
    return !folder_.empty() && std::filesystem::create_directory(folder_ / "refs", error) &&
           std::filesystem::create_directory(folder_ / "objects", error) &&
           (std::ofstream(folder_ / "HEAD") << "ref: refs/heads/none\n").flush();
  }
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

std::unexpected<Error> cannot_merge(std::string_view cause) {
  log::warning("git cannot merge", {{"cause", cause}});
  return fail(ErrorCode::unavailable, "The git repository cannot be merged in.", "merge_failed");
}

/// The tree of the merge, or nothing if there are conflicts.
Result<std::optional<std::string>> merge_trees(const std::string& tip, const std::string& other,
                                               const ScratchObjects& objects) {
  const ScratchRepository scratch;
  if (!scratch.make()) return cannot_merge("no scratch repository");
  const ProgramOutput merged =
      TRY(run_git(scratch.path(),
                  {"-c", "core.bare=true", "-c", "core.fsync=all", "-c", "core.commitGraph=false",
                   "merge-tree", "--write-tree", "--no-messages", tip, other},
                  objects.environment()));
  const std::string first_line = merged.output.substr(0, merged.output.find('\n'));
  // An unknown object also exits with 1; a conflict has a tree.
  if (merged.exit_code == 1 && core::is_full_sha(first_line)) return std::nullopt;
  if (merged.exit_code != 0 || !core::is_full_sha(first_line)) {
    return cannot_merge(merged.error_output);
  }
  return first_line;
}

Result<RepositoryHandle> open_repository(const std::filesystem::path& git_directory) {
  start_library();
  RepositoryHandle repository;
  if (receive(repository, git_repository_open, git_directory.c_str()) != 0) {
    return unreadable("opening for a merge");
  }
  return repository;
}

Result<SignatureHandle> make_signature(const MergeAuthor& author) {
  SignatureHandle signature;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(author.at).time_since_epoch();
  if (receive(signature, git_signature_new, author.name.c_str(), author.email.c_str(),
              static_cast<git_time_t>(seconds.count()), 0) != 0) {
    return cannot_merge("the author's name");
  }
  return signature;
}

}  // namespace

Result<std::optional<std::string>> make_merge_commit(const std::filesystem::path& git_directory,
                                                     const std::string& tip,
                                                     const std::string& other,
                                                     const std::string& message,
                                                     const MergeAuthor& author) {
  const ScratchObjects scratch(git_directory);
  if (auto error = scratch.make()) return cannot_merge(error.message());
  const auto tree_sha = TRY(merge_trees(tip, other, scratch));
  if (!tree_sha) return std::nullopt;
  if (auto error = scratch.migrate()) return cannot_merge(error.message());

  const RepositoryHandle repository = TRY(open_repository(git_directory));
  const SignatureHandle signature = TRY(make_signature(author));
  const git_oid tree_id = id_of(*tree_sha), tip_id = id_of(tip), other_id = id_of(other);
  TreeHandle tree;
  CommitHandle tip_commit, other_commit;
  if (receive(tree, git_tree_lookup, repository.get(), &tree_id) != 0 ||
      receive(tip_commit, git_commit_lookup, repository.get(), &tip_id) != 0 ||
      receive(other_commit, git_commit_lookup, repository.get(), &other_id) != 0) {
    return unreadable("reading what was merged");
  }
  const git_commit* parents[] = {tip_commit.get(), other_commit.get()};
  git_oid made;
  constexpr const char* no_ref = nullptr;
  if (git_commit_create(&made, repository.get(), no_ref, signature.get(), signature.get(), "UTF-8",
                        message.c_str(), tree.get(), std::size(parents), parents) != 0) {
    return unreadable("writing the merge");
  }
  return text_of(made);
}

Result<BranchMove> move_branch(const std::filesystem::path& git_directory,
                               const std::string& branch, const std::string& from,
                               const std::string& to, const MergeAuthor& author) {
  const RepositoryHandle repository = TRY(open_repository(git_directory));
  ReferenceHandle current, moved;
  if (receive(current, git_reference_lookup, repository.get(), branch.c_str()) != 0) {
    return BranchMove::changed;
  }
  if (git_branch_is_checked_out(current.get()) != 0) return BranchMove::checked_out;
  const git_oid from_id = id_of(from), to_id = id_of(to);
  // The reflog names who did it.
  git_repository_set_ident(repository.get(), author.name.c_str(), author.email.c_str());
  constexpr int force = 1;
  auto move = [&] {
    return receive(moved, git_reference_create_matching, repository.get(), branch.c_str(), &to_id,
                   force, &from_id, "auto-merge on deployment");
  };
  int error = move();
  for (auto waited = 0ms; error == GIT_ELOCKED && waited < lock_wait; waited += lock_pause) {
    std::this_thread::sleep_for(lock_pause);
    error = move();
  }
  if (error == GIT_EMODIFIED || error == GIT_ENOTFOUND) return BranchMove::changed;
  if (error == GIT_ELOCKED) return BranchMove::locked;
  if (error != 0) return unreadable("moving a branch");
  return BranchMove::moved;
}

}  // namespace esclusa::git
