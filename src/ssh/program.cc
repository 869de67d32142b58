#include "ssh/program.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "core/ssh_door.h"

namespace esclusa::ssh {

Result<std::string> own_path() {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (!error && core::is_plain_path(path)) return path;
  return fail(ErrorCode::unavailable,
              "this program should stand at a path of letters, digits and /._-+@, not at " + path);
}

Result<std::string> checked_socket(const std::string& socket) {
  if (core::is_plain_path(socket)) return socket;
  return fail(ErrorCode::invalid,
              "--socket should be an absolute path of letters, digits and /._-+@, not " + socket);
}

int report(const Error& error) {
  std::fprintf(stderr, "esclusa: %s\n", printable(error.message).c_str());
  return 1;
}

std::string default_socket() {
  const char* home = std::getenv("HOME");
  const bool is_known = home != nullptr && *home != '\0';
  return is_known ? std::string(home) + "/.local/share/esclusa/run/keys.sock"
                  : "/var/lib/esclusa/run/keys.sock";
}

}  // namespace esclusa::ssh
