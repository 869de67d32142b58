#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// The file `packed-refs`, as it was when it was opened: git replaces the file and never changes
/// it. A ref is found by binary search if the file says that it is sorted, else by reading the
/// whole file. `repository_unreadable` if the format is not git's.
class PackedRefs {
 public:
  /// Without the file, a repository has no packed refs.
  static Result<PackedRefs> open(const Folder& repository);

  /// The SHA of the ref with that full name.
  Result<std::optional<std::string>> find(std::string_view name) const;
  /// Receives a ref; returns false if it wants no ref with a later name.
  using Receive = std::function<bool(std::string_view name, std::string_view sha)>;
  /// Visits all refs whose names begin with `prefix`, in the file's order. In a sorted file, names
  /// before `after` are skipped, except a few.
  Result<void> visit(std::string_view prefix, const Receive& receive,
                     std::string_view after = {}) const;

 private:
  /// The offset, at the beginning of a line, from which to read names from `name` on.
  Result<off_t> lower_bound(std::string_view name) const;

  Descriptor file_;
  off_t begin_ = 0;  ///< after the header
  off_t size_ = 0;
  bool is_sorted_ = false;
};

}  // namespace esclusa::git
