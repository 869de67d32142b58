#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/repository.h"

namespace esclusa::core {

inline constexpr size_t repository_description_chars = 350;  ///< GitHub's

/// What is to change of a repository; what is absent stays.
struct RepositoryChange {
  std::optional<std::string> name = {};  ///< the old one goes on leading to it, until it is taken
  std::optional<std::optional<std::string>> description = {};
  std::optional<Visibility> visibility = {};
  /// A branch's short name; nothing: follow HEAD of a bare repository again.
  std::optional<std::optional<std::string>> default_branch = {};
  std::optional<bool> writable = {};
  std::optional<MergePolicy> auto_merge = {};
  std::optional<std::string> path = {};
  std::optional<std::vector<std::string>> alternates = {};  ///< all of them
};

}  // namespace esclusa::core
