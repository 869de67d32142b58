#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"

namespace esclusa::core {

enum class Visibility { is_public, is_private };

/// What `auto_merge` does in a repository: docs/decisions, product rule "registered repository".
enum class MergePolicy {
  merge,   ///< merge the default branch into the requested one
  refuse,  ///< 409, and say why
  ignore,  ///< deploy the ref as it is
};

/// A registered git repository. `path` is the git directory, and never comes from a request.
struct Repository {
  RepositoryId id;
  Account owner;
  std::string name;
  std::string path;
  std::string default_branch;
  Visibility visibility = Visibility::is_private;
  bool writable = false;  ///< whether Esclusa may write refs and objects there
  MergePolicy auto_merge = MergePolicy::ignore;
  Timestamp created_at{};
  Timestamp updated_at{};

  std::string full_name() const { return owner.login + "/" + name; }
};

template <>
struct enum_names<Visibility> {
  static constexpr NameTable<Visibility, 2> values{
      {{Visibility::is_public, "public"}, {Visibility::is_private, "private"}}};
};

template <>
struct enum_names<MergePolicy> {
  static constexpr NameTable<MergePolicy, 3> values{{{MergePolicy::merge, "merge"},
                                                     {MergePolicy::refuse, "refuse"},
                                                     {MergePolicy::ignore, "ignore"}}};
};

}  // namespace esclusa::core
