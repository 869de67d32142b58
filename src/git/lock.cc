#include "git/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <fstream>

#include "base/descriptor.h"

namespace esclusa::git {

bool remove_left_lock(const std::filesystem::path& git_directory, const std::string& ref,
                      const std::string& to) {
  const std::filesystem::path lock = git_directory / (ref + ".lock");
  std::ifstream file(lock);
  std::string line;
  if (!std::getline(file, line) || line != to) return false;
  std::error_code error;
  return std::filesystem::remove(lock, error);
}

bool is_in_session(const std::filesystem::path& git_directory) {
  const Descriptor folder(::open(git_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // The lock is let go with the descriptor.
  return folder && flock(folder.get(), LOCK_EX | LOCK_NB) != 0;
}

}  // namespace esclusa::git
