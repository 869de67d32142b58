#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "git/place.h"

namespace esclusa::git {

/// Finds from where a repository borrows objects, and that all of it was declared.
class DeclaredAlternates {
 public:
  explicit DeclaredAlternates(const std::vector<std::filesystem::path>& declared);

  /// Follows `info/alternates` of a folder of objects. `undeclared_alternate` if it leads to a
  /// folder that nobody declared.
  Result<void> follow(const Place& objects, int depth = 1);

  /// Those that were declared, sorted. `undeclared_alternate` if one of them is not borrowed from.
  Result<std::vector<std::string>> used() const;

 private:
  struct Declared {
    std::filesystem::path named;
    std::filesystem::path canonical;
    bool is_used = false;
  };

  Result<void> follow_line(const Place& objects, std::string_view line, int depth);
  /// Notes that the folder is borrowed from; false if nobody declared it.
  Result<bool> note(const std::filesystem::path& target);

  std::vector<Declared> declared_;
};

}  // namespace esclusa::git
