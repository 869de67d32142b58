#include "base/system_user.h"

#include <pwd.h>

#include <cerrno>
#include <vector>

namespace esclusa {

std::string system_user_name(uid_t user) {
  std::vector<char> texts(16 * 1024);
  for (;;) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = getpwuid_r(user, &entry, texts.data(), texts.size(), &found);
    if (error == EINTR) continue;
    if (error == ERANGE && texts.size() < 16 * 1024 * 1024) {
      texts.resize(texts.size() * 2);
      continue;
    }
    return found != nullptr ? found->pw_name : "uid:" + std::to_string(user);
  }
}

}  // namespace esclusa
