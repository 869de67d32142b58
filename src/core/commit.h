#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/account.h"
#include "core/enum_names.h"
#include "core/page.h"

/// What git repositories hold, as plain values. Texts are git's bytes, and need not be UTF-8.
namespace esclusa::core {

/// Who wrote or committed, and when.
struct Signature {
  std::string name;
  std::string email;
  Timestamp at{};
  std::optional<Account> account = {};  ///< whom the address belongs to, once looked up
};

struct Commit {
  std::string sha;
  std::string tree_sha;
  std::string message;  ///< without line feeds at its end; cut at limits::commit_message_bytes
  Signature author;
  Signature committer;
  std::vector<std::string> parent_shas;
  std::string signature;    ///< the armoured text; empty if it is not signed
  std::string signed_text;  ///< what `signature` signs
};

/// One page of a history. Counting stops at limits::counted_commits.
struct History : Listing<Commit> {
  bool counted_all = true;  ///< else there are more than `total_count`
};

enum class FileStatus { added, removed, modified, renamed, changed };

/// One file of a difference.
struct FileChange {
  FileStatus status = FileStatus::modified;
  std::string path;
  std::string previous_path;  ///< only of a renamed one
  std::string sha;            ///< of the blob; the old one if the file was removed
  size_t addition_count = 0;
  size_t deletion_count = 0;
  /// The hunks; nothing for binary and too large files.
  std::optional<std::string> patch = {};
};

/// One page of the files that differ, and the sums over all that were looked at.
struct Difference : Listing<FileChange> {
  std::string base_sha;  ///< empty if there is none: the head is a first commit
  size_t addition_count = 0;
  size_t deletion_count = 0;
};

struct Branch {
  std::string name;
  std::string sha;
  bool is_protected = false;
};

/// A ref and what it points to, tags not peeled.
struct GitRef {
  std::string full_name;
  std::string type;  ///< commit, tag, tree or blob
  std::string sha;
};

/// Two commits side by side.
struct Comparison {
  Commit base;
  Commit merge_base;
  std::string head_sha;
  size_t ahead_count = 0;
  size_t behind_count = 0;
  std::vector<Commit> commits;                ///< one page of those ahead, the oldest first
  std::optional<Difference> difference = {};  ///< from the merge base; on the first page alone
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
