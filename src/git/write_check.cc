#include "git/write_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

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

std::unexpected<Error> not_writable(const Place& repository, const Place& place, int error) {
  const std::string user = server_user();
  std::string advice = " Or add it without --writable.";
  if (error == EACCES || error == EPERM) {
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
