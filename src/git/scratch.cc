#include "git/scratch.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>

namespace esclusa::git {
namespace {

/// Quotes `path` as an entry of a list that is separated by colons.
std::string quoted(const std::string& path) {
  std::string text = "\"";
  for (char c : path) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

/// The process id follows.
constexpr std::string_view name_begin = "esclusa-merge-";

/// Whether a scratch folder belongs to us, and its process no longer exists.
bool is_left(const std::filesystem::path& folder) {
  const std::string name = folder.filename();
  pid_t process = 0;
  if (!name.starts_with(name_begin)) return false;
  std::from_chars(name.data() + name_begin.size(), name.data() + name.size(), process);
  struct stat info{};
  return process > 0 && kill(process, 0) != 0 && errno == ESRCH &&
         lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

/// Removes the scratch folders of processes that were killed during a merge.
void remove_left(const std::filesystem::path& parent) {
  std::error_code error;
  std::filesystem::directory_iterator entries(parent, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (is_left(entries->path())) std::filesystem::remove_all(entries->path(), ignored);
  }
}

}  // namespace

ScratchRepository::ScratchRepository() {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  remove_left(parent);
  std::string pattern = parent / (std::string(name_begin) + std::to_string(getpid()) + "-XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) return;
  folder_ = pattern;
  is_made_ = std::filesystem::create_directory(folder_ / "refs", error) &&
             std::filesystem::create_directory(objects(), error) &&
             (std::ofstream(folder_ / "HEAD") << "ref: refs/heads/none\n").flush();
}

ScratchRepository::~ScratchRepository() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string objects_variable(const Repository& repository) {
  std::string variable =
      "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoted(repository.path() / "objects");
  for (const std::string& path : repository.alternates()) variable += ":" + quoted(path);
  return variable;
}

}  // namespace esclusa::git
