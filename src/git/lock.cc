#include "git/lock.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "git/folder.h"

namespace esclusa::git {

bool remove_left_lock(const Repository& repository, const std::string& ref, const std::string& to) {
  const size_t slash = ref.rfind('/');
  const auto folder = repository.folder().folder(ref.substr(0, slash));
  if (!folder || !*folder) return false;
  const std::string lock = ref.substr(slash + 1) + ".lock";
  const auto content = (*folder)->read(lock, to.size() + 1);
  if (!content || !*content || (*content)->substr(0, (*content)->find('\n')) != to) return false;
  return unlinkat((*folder)->descriptor(), lock.c_str(), 0) == 0;
}

bool is_in_session(const std::filesystem::path& git_directory) {
  const auto folder = Folder::open(git_directory);
  if (!folder) return false;
  // Closing the descriptor releases the lock. On a file system without locks, nobody holds one.
  return flock(folder->descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace esclusa::git
