#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "git/folder.h"

namespace esclusa::git {

/// The file `packed-refs`, as it was when it was opened: git replaces it, and never changes it.
/// One ref is looked up by bisection if the file says that it is sorted, else by reading it
/// through. `repository_unreadable` if it is not what git writes.
class PackedRefs {
 public:
  /// A repository without the file has no packed refs.
  static Result<PackedRefs> open(const Folder& repository);

  /// The SHA at a full name.
  Result<std::optional<std::string>> find(std::string_view name) const;
  /// Takes a ref; false if it wants none whose name comes later.
  using Receive = std::function<bool(std::string_view name, std::string_view sha)>;
  /// All whose names begin with `prefix`, in the file's order. Of a sorted file, names before
  /// `after` are passed over, but for a few.
  Result<void> visit(std::string_view prefix, const Receive& receive,
                     std::string_view after = {}) const;

 private:
  /// Where to read on for names from `name` on: at the beginning of a line.
  Result<off_t> lower_bound(std::string_view name) const;

  Descriptor file_;
  off_t begin_ = 0;  ///< behind the header
  off_t size_ = 0;
  bool is_sorted_ = false;
};

}  // namespace esclusa::git
