#include "git/head.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/text.h"
#include "core/ref.h"
#include "git/new_files.h"
#include "git/ref_files.h"
#include "git/settings.h"

namespace esclusa::git {
namespace {

constexpr std::string_view heads = "refs/heads/";

/// git's spellings of true.
constexpr std::string_view true_values[] = {"true", "yes", "on", "1"};

}  // namespace

Result<std::optional<std::string>> read_head_branch(const std::filesystem::path& git_directory) {
  const Folder folder = TRY(Folder::open(git_directory));
  const auto head = TRY(read_ref(folder, "HEAD"));
  // (With another ref format, HEAD contains `refs/heads/.invalid`.)
  if (!head || !head->target.starts_with(heads) ||
      core::candidate_ref_names(head->target).empty()) {
    return std::nullopt;
  }
  return head->target.substr(heads.size());
}

Result<void> point_head(const Folder& repository, const std::string& branch) {
  constexpr const char* lock = "HEAD.lock";
  const NewFiles files = TRY(NewFiles::in(repository));
  const Descriptor file = TRY(files.create(repository, lock, NewFiles::Kind::ref));
  if (!file) return {};
  auto written = write_durably(file.get(), "ref: " + std::string(heads) + branch + "\n", lock);
  const int folder = repository.descriptor();
  if (written && renameat(folder, lock, folder, "HEAD") != 0) written = cannot_write("HEAD", errno);
  if (written) return sync(repository);
  unlinkat(folder, lock, 0);
  return written;
}

bool is_bare(const std::optional<std::string>& core_bare,
             const std::filesystem::path& git_directory) {
  if (!core_bare) return git_directory.filename() != ".git";
  return std::ranges::any_of(
      true_values, [&](std::string_view word) { return equal_ignoring_case(*core_bare, word); });
}

Result<bool> read_is_bare(const Folder& repository, const std::filesystem::path& git_directory) {
  return is_bare(TRY(read_core_setting(repository, "bare")), git_directory);
}

Result<bool> read_is_bare(const std::filesystem::path& git_directory) {
  return read_is_bare(TRY(Folder::open(git_directory)), git_directory);
}

}  // namespace esclusa::git
