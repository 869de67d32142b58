#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/repository.h"

namespace esclusa::core {

inline constexpr size_t repository_description_chars = 350;  ///< GitHub's

/// The changes of a repository; absent fields stay unchanged.
struct RepositoryChange {
  std::optional<std::string> name = {};  ///< the old one still leads here, until it is taken
  std::optional<std::optional<std::string>> description = {};
  std::optional<Visibility> visibility = {};
  /// A branch's short name; an inner nothing: follow the HEAD of the bare repository again.
  std::optional<std::optional<std::string>> default_branch = {};
  std::optional<bool> writable = {};
  std::optional<MergePolicy> auto_merge = {};
  std::optional<std::string> path = {};
  std::optional<std::vector<std::string>> alternates = {};  ///< the complete list
};

}  // namespace esclusa::core
