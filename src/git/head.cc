#include "git/head.h"

#include "core/ref.h"
#include "git/folder.h"
#include "git/ref_files.h"
#include "git/settings.h"

namespace esclusa::git {
namespace {

constexpr std::string_view heads = "refs/heads/";

/// git's words for it.
bool is_true(const std::string& value) {
  return value == "true" || value == "yes" || value == "on" || value == "1";
}

}  // namespace

Result<std::optional<std::string>> read_head_branch(const std::filesystem::path& git_directory) {
  const Folder folder = TRY(Folder::open(git_directory));
  const auto head = TRY(read_ref(folder, "HEAD"));
  // (A repository that keeps its refs in another format has a HEAD of `refs/heads/.invalid`.)
  if (!head || !head->target.starts_with(heads) ||
      core::candidate_ref_names(head->target).empty()) {
    return std::nullopt;
  }
  return head->target.substr(heads.size());
}

Result<bool> read_is_bare(const std::filesystem::path& git_directory) {
  const Folder folder = TRY(Folder::open(git_directory));
  const auto bare = TRY(read_core_setting(folder, "bare"));
  return bare ? is_true(*bare) : git_directory.filename() != ".git";
}

}  // namespace esclusa::git
