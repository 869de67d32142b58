#include "git/lock.h"

#include <fstream>

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

}  // namespace esclusa::git
