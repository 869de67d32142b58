#include "ssh/session_folder.h"

#include <stdlib.h>

namespace esclusa::ssh {

Result<SessionFolder> SessionFolder::make() {
  char name[] = "/tmp/esclusa-ssh-XXXXXX";
  if (mkdtemp(name) == nullptr) return folder_not_usable();
  return SessionFolder(std::filesystem::path(name));
}

SessionFolder::~SessionFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::unexpected<Error> folder_not_usable() {
  return fail(ErrorCode::unavailable,
              "this machine cannot serve git now: a folder in /tmp cannot be made or used");
}

}  // namespace esclusa::ssh
