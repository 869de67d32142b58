#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/enum_names.h"

namespace esclusa::core {

/// The kind of a resolved ref. Branch policies and auto-merge depend on it.
enum class RefKind { branch, tag, other_ref, commit };

/// The ref of a request, resolved: `sha` is the commit, tags are peeled.
struct ResolvedRef {
  RefKind kind = RefKind::commit;
  std::string full_name;  ///< `refs/heads/main`; empty for a commit
  std::string sha;        ///< 40 lower-case hex digits
  bool operator==(const ResolvedRef&) const = default;
};

/// The full ref names that `ref` may mean, in look-up order: `ref` itself when it begins with
/// `refs/`, else the branch, then the tag. Never a revision expression. Empty if no git ref can
/// have such a name.
std::vector<std::string> candidate_ref_names(std::string_view ref);

/// True for 40 hex digits of either case.
bool is_full_sha(std::string_view ref);
/// True for 7 to 39 hex digits: an abbreviation that may be looked up.
bool is_abbreviated_sha(std::string_view ref);
RefKind kind_of_full_name(std::string_view full_name);

/// Whether the ref is one of Esclusa's hidden refs (`refs/deployments/…`), which are neither
/// resolved nor listed.
bool is_hidden_ref(std::string_view full_name);
/// The ref that keeps a deployed commit alive: `refs/deployments/<sha>`.
std::string keep_ref_name(std::string_view sha);

template <>
struct enum_names<RefKind> {
  static constexpr NameTable<RefKind, 4> values{{{RefKind::branch, "branch"},
                                                 {RefKind::tag, "tag"},
                                                 {RefKind::other_ref, "other_ref"},
                                                 {RefKind::commit, "commit"}}};
};

}  // namespace esclusa::core
