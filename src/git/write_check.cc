#include "git/write_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "base/crypto.h"
#include "base/text.h"

namespace esclusa::git {
namespace {

/// Makes a file in the folder, writes to it, and removes it. Returns 0 or errno.
int try_to_write(const Folder& folder) {
  const std::string name = ".esclusa-" + hex(random_bytes(8));
  int error = 0;
  {
    const Descriptor file(openat(folder.descriptor(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || write(file.get(), "x", 1) != 1) error = errno;
  }
  unlinkat(folder.descriptor(), name.c_str(), 0);
  return error;
}

int ask_to_write(const Folder& folder) {
  return faccessat(folder.descriptor(), ".", W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/// The group that may write there, if this process is not of it; empty: none. Not root's.
std::string group_to_join(const struct stat& status) {
  if ((status.st_mode & S_IWGRP) == 0 || status.st_gid == 0) return {};
  std::vector<gid_t> own(static_cast<size_t>(std::max(getgroups(0, nullptr), 0)));
  own.resize(static_cast<size_t>(std::max(getgroups(static_cast<int>(own.size()), own.data()), 0)));
  if (status.st_gid == getegid() || std::ranges::find(own, status.st_gid) != own.end()) return {};
  return group_name(status.st_gid);
}

/// What systemd's unit of the server lacks, as lines of a drop-in.
std::string drop_in(const Place& repository, bool is_read_only, const std::string& group) {
  std::vector<std::string> lines;
  if (is_read_only) {
    const std::string path = printable(repository.path.string());
    const bool is_plain = path.find_first_of(" '\"") == path.npos;
    lines.push_back("`ReadWritePaths=" + (is_plain ? path : "\"" + path + "\"") + "`");
  }
  if (!group.empty()) lines.push_back("`SupplementaryGroups=" + group + "`");
  return "`systemctl edit esclusa`, there under [Service] the line" +
         std::string(lines.size() > 1 ? "s " : " ") + join(lines, " and ") +
         "; then `systemctl restart esclusa`.";
}

std::unexpected<Error> not_writable(const Place& repository, const Place& place, int error) {
  const std::string user = server_user();
  std::string advice = " Or add it without --writable.";
  const std::string group = group_to_join(place.status());
  if (error == EROFS) {
    advice =
        " If the server is systemd's service, its unit closes all but the data folder; a drop-in "
        "opens this one: " +
        drop_in(repository, true, group) + advice;
  } else if (error == EACCES || error == EPERM) {
    if (!group.empty()) {
      advice = " Its group " + group + " may write there: if the server is systemd's service, " +
               drop_in(repository, false, group) + advice;
    }
    advice = " Let that user write there, for example with: setfacl -R -m u:" + user +
             ":rwX -m d:u:" + user + ":rwX " + printable(repository.path.string()) + advice;
  }
  return refuse(place.path,
                "The server's user, " + user + ", cannot write here (" +
                    std::generic_category().message(error) + "). " + ownership(place.status()) +
                    advice,
                "repository_not_writable");
}

}  // namespace

Result<void> check_writable(const Place& repository) {
  auto judge = [&](const std::string& name, int (*find_error)(const Folder&)) -> Result<void> {
    const auto place = TRY(find_place(repository, name));
    if (!place) return {};
    if (const int error = find_error(place->folder)) return not_writable(repository, *place, error);
    return {};
  };
  for (const char* name : {"objects", "refs", "refs/heads", "refs/deployments"}) {
    TRY(judge(name, try_to_write));
  }
  for (unsigned i = 0; i < 256; ++i) {
    char name[] = "objects/00";
    std::snprintf(name, sizeof name, "objects/%02x", i & 0xffU);
    TRY(judge(name, ask_to_write));
  }
  return {};
}

}  // namespace esclusa::git
