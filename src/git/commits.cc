#include "git/commits.h"

#include <algorithm>

#include "base/limits.h"
#include "git/distance.h"
#include "git/encoding.h"
#include "git/figures.h"
#include "git/library.h"
#include "git/signature.h"

namespace esclusa::git {
namespace {

/// Commits come only roughly in order of age: a few older ones do not prove that all the rest are
/// older.
constexpr int older_in_a_row = 1000;

std::string message_of(const git_commit* commit) {
  std::string_view text = git_commit_message(commit);
  text = text.substr(0, limits::commit_message_bytes);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return to_utf8(text, git_commit_message_encoding(commit));
}

/// Reads the signature of a signed commit. A signature that is too long for an answer is left out.
void read_signature(git_repository* repository, core::Commit& commit) {
  git_oid id = id_of(commit.sha);
  BufferHandle signature, text;
  if (git_commit_extract_signature(&signature.buffer, &text.buffer, repository, &id, nullptr) !=
          0 ||
      signature.view().size() + text.view().size() > limits::commit_message_bytes) {
    return;
  }
  commit.signature = signature.view();
  commit.signed_text = text.view();
}

Result<CommitHandle> look_up(git_repository* repository, const git_oid& id) {
  CommitHandle commit;
  if (receive(commit, git_commit_lookup, repository, &id) != 0) {
    return unreadable("reading a commit");
  }
  return commit;
}

Result<WalkHandle> walk_from(git_repository* repository, const git_oid& start) {
  WalkHandle walk;
  if (receive(walk, git_revwalk_new, repository) != 0 ||
      git_revwalk_push(walk.get(), &start) != 0) {
    return unreadable("walking the commits");
  }
  return walk;
}

/// Moves to the next commit of a walk; false at the end.
Result<bool> next(git_revwalk* walk, git_oid& id) {
  const int error = git_revwalk_next(&id, walk);
  if (error == GIT_ITEROVER) return false;
  if (error != 0) return unreadable("walking the commits");
  return true;
}

}  // namespace

Result<core::Commit> read_commit(const Repository& repository, const std::string& sha) {
  const CommitHandle handle = TRY(look_up(repository.handle(), id_of(sha)));
  core::Commit commit;
  commit.sha = text_of(*git_commit_id(handle.get()));
  commit.tree_sha = text_of(*git_commit_tree_id(handle.get()));
  commit.message = message_of(handle.get());
  const char* encoding = git_commit_message_encoding(handle.get());
  commit.author = signature_of(git_commit_author(handle.get()), encoding);
  commit.committer = signature_of(git_commit_committer(handle.get()), encoding);
  const unsigned count = git_commit_parentcount(handle.get());
  for (unsigned i = 0; i < count && i < limits::commit_parents; ++i) {
    commit.parent_shas.push_back(text_of(*git_commit_parent_id(handle.get(), i)));
  }
  read_signature(repository.handle(), commit);
  return commit;
}

Result<core::History> list_history(const Repository& repository, const std::string& start_sha,
                                   const HistoryFilter& filter, const core::Page& page,
                                   size_t walked_max) {
  const Timed timed(figures().walks);
  const WalkHandle walk = TRY(walk_from(repository.handle(), id_of(start_sha)));
  const int64_t begin = page.offset(), end = begin + page.size;
  core::History history;
  int older = 0;
  git_oid id;
  for (size_t walked = 0; older < older_in_a_row && TRY(next(walk.get(), id));) {
    if (++walked > walked_max) return history_too_long(walked_max);
    if (filter.since || filter.until) {
      const CommitHandle commit = TRY(look_up(repository.handle(), id));
      const Timestamp at = time_of(git_commit_time(commit.get()));
      const bool too_old = filter.since && at < *filter.since;
      older = too_old ? older + 1 : 0;
      if (too_old || (filter.until && at > *filter.until)) continue;
    }
    const int64_t index = history.total_count++;
    if (index >= begin && index < end) {
      history.items.push_back(TRY(read_commit(repository, text_of(id))));
    }
    // One commit more than the page shows that another page follows.
    if (history.total_count > end && history.total_count > limits::counted_commits) {
      history.counted_all = false;
      break;
    }
  }
  return history;
}

Result<std::optional<Divergence>> diverge(const Repository& repository, const std::string& base,
                                          const std::string& head) {
  const git_oid base_id = id_of(base), head_id = id_of(head);
  const auto merge_base = TRY(find_merge_base(repository.handle(), base_id, head_id));
  if (!merge_base) return std::nullopt;
  Divergence divergence;
  divergence.merge_base_sha = text_of(*merge_base);
  std::vector<std::string> ahead;
  divergence.distance = TRY(measure_distance(repository.handle(), base_id, head_id, &ahead));
  // libgit2 only sorts the commits. With wrong clocks it does not select them correctly, so `ahead`
  // does.
  const Timed timed(figures().walks);
  const WalkHandle walk = TRY(walk_from(repository.handle(), head_id));
  git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME | GIT_SORT_REVERSE);
  if (git_revwalk_hide(walk.get(), &base_id) != 0) return unreadable("walking the commits");
  std::ranges::sort(ahead);
  git_oid id;
  while (TRY(next(walk.get(), id))) {
    std::string sha = text_of(id);
    if (std::ranges::binary_search(ahead, sha)) divergence.ahead_shas.push_back(std::move(sha));
  }
  return divergence;
}

}  // namespace esclusa::git
