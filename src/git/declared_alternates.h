#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "git/place.h"

namespace esclusa::git {

/// Finds the folders that a repository borrows objects from, and checks that each was declared.
class DeclaredAlternates {
 public:
  explicit DeclaredAlternates(const std::vector<std::filesystem::path>& declared);

  /// Follows `info/alternates` of an object folder. `undeclared_alternate` if it leads to a folder
  /// that was not declared.
  Result<void> follow(const Place& objects, int depth = 1);

  /// The declared folders, sorted. `undeclared_alternate` if one of them is not borrowed from.
  Result<std::vector<std::string>> used() const;

 private:
  struct Declared {
    std::filesystem::path named;
    std::filesystem::path canonical;
    bool is_used = false;
  };

  Result<void> follow_line(const Place& objects, std::string_view line, int depth);
  /// Marks the folder as borrowed from; false if it was not declared.
  Result<bool> note(const std::filesystem::path& target);

  std::vector<Declared> declared_;
};

}  // namespace esclusa::git
