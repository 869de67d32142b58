#include "agent/lfs.h"

#include <fstream>

#include "agent/ssh.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

constexpr size_t pointer_bytes = 1024;  // git-lfs reads no longer pointers
constexpr std::string_view pointer_begin = "version https://git-lfs.github.com/spec/v1\n";

bool is_pointer(const fs::directory_entry& entry) {
  std::error_code error;
  if (!entry.is_regular_file(error) || entry.is_symlink(error)) return false;
  if (entry.file_size(error) > pointer_bytes || error) return false;
  std::string begin(pointer_begin.size(), '\0');
  std::ifstream file(entry.path(), std::ios::binary);
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return file && begin == pointer_begin;
}

}  // namespace

Result<std::vector<std::string>> find_pointers(const fs::path& checkout) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(checkout, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename() == ".git") {
      it.disable_recursion_pending();
    } else if (is_pointer(*it)) {
      found.push_back(it->path().lexically_relative(checkout).string());
    }
  }
  if (error) {
    return fail(ErrorCode::unavailable, "The checkout cannot be read: " + error.message());
  }
  return found;
}

std::vector<std::string> with_lfs_filter(std::string_view attributes) {
  const auto fields = split(attributes, '\0');  // path, `filter`, value
  std::vector<std::string> found;
  for (size_t i = 0; i + 2 < fields.size(); i += 3) {
    if (fields[i + 2] == "lfs") found.emplace_back(fields[i]);
  }
  return found;
}

std::string lfs_url(const std::string& git) {
  if (git.starts_with('/')) return "file://" + git;
  if (uses_ssh(git)) return git;
  return git + (git.ends_with(".git") ? "" : ".git") + "/info/lfs";
}

}  // namespace esclusa::agent
