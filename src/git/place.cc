#include "git/place.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;

std::string user_name(uid_t id) {
  const passwd* user = getpwuid(id);
  return user != nullptr ? user->pw_name : std::to_string(id);
}

}  // namespace

struct stat Place::status() const {
  struct stat status{};
  fstat(folder.descriptor(), &status);
  return status;
}

std::unexpected<Error> refuse(const fs::path& path, std::string_view problem,
                              const char* reason_code) {
  return fail(ErrorCode::invalid, printable(path.string()) + ": " + std::string(problem),
              reason_code);
}

std::string server_user() { return user_name(geteuid()); }

std::string group_name(gid_t id) {
  const group* found = getgrgid(id);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

std::string ownership(const struct stat& status) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777U);
  return "It belongs to " + user_name(status.st_uid) + ":" + group_name(status.st_gid) + ", mode " +
         mode + ".";
}

std::unexpected<Error> cannot_open(const fs::path& path, const Error& error) {
  if (error.reason_code == "repository_unsafe") return refuse(path, error.message);
  struct stat status{};
  const bool known = lstat(path.c_str(), &status) == 0;
  return refuse(path, "It cannot be read. The server's user is " + server_user() + "." +
                          (known ? " " + ownership(status) : ""));
}

Result<Place> open_place(const fs::path& path) {
  auto folder = Folder::open(path);
  if (!folder) return cannot_open(path, folder.error());
  return Place{path, std::move(*folder)};
}

Result<std::optional<Place>> find_place(const Place& parent, const std::string& name) {
  auto folder = parent.folder.folder(name);
  if (!folder) return cannot_open(parent.path / name, folder.error());
  if (!*folder) return std::nullopt;
  return Place{parent.path / name, std::move(**folder)};
}

Result<std::optional<std::string>> read_file(const Place& place, const std::string& name,
                                             size_t limit) {
  auto text = place.folder.read(name, limit);
  if (!text) return cannot_open(place.path / name, text.error());
  return std::move(*text);
}

}  // namespace esclusa::git
