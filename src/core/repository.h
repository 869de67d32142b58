#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"

namespace esclusa::core {

enum class Visibility { is_public, is_private };

/// The effect of `auto_merge` in a repository.
enum class MergePolicy {
  merge,   ///< merge the default branch into the requested one
  refuse,  ///< 409, with the reason
  ignore,  ///< deploy the ref unchanged
};

/// Where the name of the default branch comes from.
enum class DefaultBranchSource {
  undecided,  ///< from before this field; decided when git is next asked
  head,       ///< HEAD of a bare repository, followed as it changes
  set,        ///< set by a user; or a work tree's HEAD at the registration
};

/// A registered git repository. `path` is the git directory; it never comes from an HTTP request.
struct Repository {
  RepositoryId id;
  Account owner;
  std::string name;
  std::string path;
  /// Object folders that it borrows from, declared at the registration; absolute.
  std::vector<std::string> alternates = {};
  bool is_bare = false;
  std::string default_branch;  ///< short name; where HEAD is followed, the last known one
  DefaultBranchSource default_branch_source = DefaultBranchSource::set;
  std::optional<std::string> description = {};
  Visibility visibility = Visibility::is_private;
  bool writable = false;  ///< whether Esclusa may write refs and objects there
  MergePolicy auto_merge = MergePolicy::ignore;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> removed_at = {};  ///< no longer registered: nobody has a role in it

  std::string full_name() const { return owner.login + "/" + name; }
};

template <>
struct enum_names<Visibility> {
  static constexpr NameTable<Visibility, 2> values{
      {{Visibility::is_public, "public"}, {Visibility::is_private, "private"}}};
};

template <>
struct enum_names<DefaultBranchSource> {
  static constexpr NameTable<DefaultBranchSource, 3> values{
      {{DefaultBranchSource::undecided, "undecided"},
       {DefaultBranchSource::head, "head"},
       {DefaultBranchSource::set, "set"}}};
};

template <>
struct enum_names<MergePolicy> {
  static constexpr NameTable<MergePolicy, 3> values{{{MergePolicy::merge, "merge"},
                                                     {MergePolicy::refuse, "refuse"},
                                                     {MergePolicy::ignore, "ignore"}}};
};

}  // namespace esclusa::core
