#pragma once
#include <filesystem>
#include <string>

#include "git/repository.h"

namespace esclusa::git {

/// An empty repository in the temporary folder, in which git works. git obeys what it finds in its
/// repository's folder (its configuration and attributes can name merge drivers, which are
/// programs), so it gets this one. It is told where a registered repository's objects are, and sees
/// none of its other files. The destructor removes the folder with its new objects; what a killed
/// process left is removed when the next one is made.
class ScratchRepository {
 public:
  ScratchRepository();
  ~ScratchRepository();
  ScratchRepository(const ScratchRepository&) = delete;

  /// False if it could not be made: for example the disk is full, or there is no temporary folder.
  bool exists() const { return is_made_; }
  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path objects() const { return folder_ / "objects"; }

 private:
  std::filesystem::path folder_;
  bool is_made_ = false;
};

/// The setting of git's environment that names the repository's object folders.
std::string objects_variable(const Repository& repository);

}  // namespace esclusa::git
