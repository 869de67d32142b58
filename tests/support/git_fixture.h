#pragma once
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/process.h"
#include "base/text.h"
#include "support/temp_folder.h"

namespace esclusa::test {

/// A real git repository in a temporary folder, made by the git program. Each commit is one minute
/// later than the one before, so that all runs are the same.
class GitFixture {
 public:
  enum class Layout { bare, work_tree };

  explicit GitFixture(Layout layout = Layout::bare, const std::string& default_branch = "main",
                      const std::string& object_format = "sha1")
      : layout_(layout) {
    std::vector<std::string> arguments = {"init", "-q", "-b", default_branch,
                                          "--object-format=" + object_format};
    if (layout == Layout::bare) arguments.emplace_back("--bare");
    arguments.push_back(path().string());
    git(arguments);
  }

  /// The path as a user would give it: the work tree, or the bare repository.
  std::filesystem::path path() const { return folder_ / "repository"; }
  std::filesystem::path git_directory() const {
    return layout_ == Layout::bare ? path() : path() / ".git";
  }
  const TempFolder& folder() const { return folder_; }

  /// Runs `git <arguments>` in the repository, and returns its output without surrounding blanks.
  /// Throws if it fails.
  std::string git(std::vector<std::string> arguments, std::string input = {}) const {
    std::string output, errors;
    ProcessSpec spec;
    spec.arguments = {"git"};
    const bool initialised = std::filesystem::exists(git_directory());
    if (initialised) spec.arguments.push_back("--git-dir=" + git_directory().string());
    spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
    const char* program_path = std::getenv("PATH");
    const std::string date = std::to_string(1'700'000'000 + 60 * commit_count_) + " +0000";
    spec.environment = {std::string("PATH=") + (program_path ? program_path : "/usr/bin:/bin"),
                        "LC_ALL=C",
                        "HOME=/nonexistent",
                        "GIT_CONFIG_NOSYSTEM=1",
                        "GIT_CONFIG_GLOBAL=/dev/null",
                        "GIT_AUTHOR_NAME=Ada",
                        "GIT_AUTHOR_EMAIL=ada@example.com",
                        "GIT_AUTHOR_DATE=" + date,
                        "GIT_COMMITTER_NAME=Ada",
                        "GIT_COMMITTER_EMAIL=ada@example.com",
                        "GIT_COMMITTER_DATE=" + date};
    spec.directory = folder_.path().string();
    spec.input = std::move(input);
    spec.on_output = [&](std::string_view text) { output += text; };
    spec.on_error_output = [&](std::string_view text) { errors += text; };
    auto outcome = run_process(spec);
    if (!outcome) throw std::runtime_error(outcome.error().message);
    if (!outcome->succeeded()) {
      throw std::runtime_error("git " + join(arguments, " ") + ": " + errors);
    }
    return std::string(trim(output));
  }

  /// Adds a commit with this file to the branch, which is created if it does not exist, and returns
  /// the full SHA. `file` is a name without folders. The work tree and the index do not change.
  std::string commit(const std::string& branch, const std::string& file,
                     const std::string& content) {
    ++commit_count_;
    const std::string name = "refs/heads/" + branch;
    const std::string parent = git({"for-each-ref", "--format=%(objectname)", name});
    const std::string blob = git({"hash-object", "-w", "--stdin"}, content);
    std::string entries;
    if (!parent.empty()) {
      const std::string tree = git({"ls-tree", parent});
      for (std::string_view line : split(tree, '\n')) {
        if (!line.empty() && !line.ends_with("\t" + file)) entries += std::string(line) + "\n";
      }
    }
    entries += "100644 blob " + blob + "\t" + file + "\n";
    std::vector<std::string> arguments = {"commit-tree", git({"mktree"}, entries), "-m",
                                          "change " + file};
    if (!parent.empty()) arguments.insert(arguments.end(), {"-p", parent});
    const std::string sha = git(arguments);
    git({"update-ref", name, sha});
    return sha;
  }

  /// Points a branch at a commit; any name is possible, even one that `git branch` refuses.
  void branch(const std::string& name, const std::string& at) const {
    git({"update-ref", "refs/heads/" + name, at});
  }
  void delete_branch(const std::string& name) const {
    git({"update-ref", "-d", "refs/heads/" + name});
  }
  /// A lightweight tag.
  void tag(const std::string& name, const std::string& at) const {
    git({"update-ref", "refs/tags/" + name, at});
  }
  /// An annotated tag; returns the SHA of the tag object.
  std::string annotated_tag(const std::string& name, const std::string& at) const {
    git({"tag", "-a", "-m", "release", name, at});
    return git({"rev-parse", "refs/tags/" + name});
  }

 private:
  TempFolder folder_;
  Layout layout_;
  int commit_count_ = 0;
};

}  // namespace esclusa::test
