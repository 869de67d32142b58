#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/account.h"
#include "core/enum_names.h"
#include "core/page.h"

/// The content of git repositories as plain values. Texts are git's bytes and may be invalid UTF-8.
namespace esclusa::core {

/// An author or committer, with the time.
struct Signature {
  std::string name;
  std::string email;
  Timestamp at{};
  std::optional<Account> account = {};  ///< the account of the email address, once looked up
};

struct Commit {
  std::string sha;
  std::string tree_sha;
  std::string message;  ///< without trailing line feeds; cut at limits::commit_message_bytes
  Signature author;
  Signature committer;
  std::vector<std::string> parent_shas;
  std::string signature;    ///< the armoured text; empty if it is not signed
  std::string signed_text;  ///< what `signature` signs
};

/// One page of a history. Counting stops at limits::counted_commits.
struct History : Listing<Commit> {
  bool counted_all = true;  ///< false: there are more than `total_count`
};

enum class FileStatus { added, removed, modified, renamed, changed };

/// One changed file of a difference.
struct FileChange {
  FileStatus status = FileStatus::modified;
  std::string path;
  std::string previous_path;  ///< only of a renamed file
  std::string sha;            ///< of the blob; of the old blob if the file was removed
  size_t addition_count = 0;
  size_t deletion_count = 0;
  /// The hunks; nothing for binary and too large files.
  std::optional<std::string> patch = {};
};

/// One page of the files that differ, and the totals of all files that were examined.
struct Difference : Listing<FileChange> {
  std::string base_sha;  ///< empty if the head is a root commit
  size_t addition_count = 0;
  size_t deletion_count = 0;
};

struct Branch {
  std::string name;
  std::string sha;
  bool is_protected = false;
};

/// A ref and the object that it points to; tags are not peeled.
struct GitRef {
  std::string full_name;
  std::string type;  ///< commit, tag, tree or blob
  std::string sha;
};

/// The comparison of two commits.
struct Comparison {
  Commit base;
  Commit merge_base;
  std::string head_sha;
  size_t ahead_count = 0;
  size_t behind_count = 0;
  std::vector<Commit> commits;                ///< one page of the ahead commits, oldest first
  std::optional<Difference> difference = {};  ///< from the merge base; only on the first page
};

template <>
struct enum_names<FileStatus> {
  static constexpr NameTable<FileStatus, 5> values{{{FileStatus::added, "added"},
                                                    {FileStatus::removed, "removed"},
                                                    {FileStatus::modified, "modified"},
                                                    {FileStatus::renamed, "renamed"},
                                                    {FileStatus::changed, "changed"}}};
};

}  // namespace esclusa::core
