#pragma once
#include <filesystem>
#include <string>

#include "git/repository.h"

namespace esclusa::git {

/// An empty repository in the temporary folder, for git to work in: removed, with the objects that
/// it has got, when this goes away. Whatever git finds in the folder that it takes for its
/// repository, it obeys: merge drivers in its configuration and attributes are programs to run. It
/// is told where the objects of a registered repository are, and sees none of its other files. What
/// a killed process has left is removed when the next one is made.
class ScratchRepository {
 public:
  ScratchRepository();
  ~ScratchRepository();
  ScratchRepository(const ScratchRepository&) = delete;

  /// False if it could not be made: the disk is full, or there is no temporary folder.
  bool exists() const { return is_made_; }
  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path objects() const { return folder_ / "objects"; }

 private:
  std::filesystem::path folder_;
  bool is_made_ = false;
};

/// The variable of git's environment that names where the repository's objects are.
std::string objects_variable(const Repository& repository);

}  // namespace esclusa::git
