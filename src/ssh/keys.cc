#include "ssh/keys.h"

#include <sys/time.h>

#include <chrono>
#include <cstdio>

#include "base/limits.h"
#include "base/niceness.h"
#include "client/ssh_door.h"
#include "core/ssh_door.h"
#include "ssh/program.h"

namespace esclusa::ssh {
namespace {

/// Lets SIGALRM end the program after this time, whatever it waits for.
void end_after(std::chrono::microseconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = time / std::chrono::seconds(1);
  timer.it_value.tv_usec = time % std::chrono::seconds(1) / std::chrono::microseconds(1);
  setitimer(ITIMER_REAL, &timer, nullptr);
}

Result<std::string> line_for(const OfferedKey& offered, const std::string& given_socket,
                             std::string_view again) {
  const std::string socket = TRY(checked_socket(given_socket));
  const std::string asked = TRY(core::key_line(offered.type, offered.blob));
  const auto key = TRY(client::SshDoor(socket).find_key(asked));
  // The line is made of the key that sshd asked about, and the server must have answered about that
  // key.
  if (key.text != asked || !key.id) {
    return fail(ErrorCode::unavailable, "the server answered about another key");
  }
  return core::authorized_key_line(asked, TRY(own_path()) + std::string(again) +
                                              " serve --key-id " + std::to_string(key.id.value) +
                                              " --socket " + socket);
}

}  // namespace

int print_key(const OfferedKey& key, const std::string& socket, std::string_view again) {
  end_after(limits::key_lookup_time);
  be_nicer(limits::ssh_niceness);
  const auto line = line_for(key, socket, again);
  if (!line) return report(line.error());
  std::printf("%s\n", line->c_str());
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace esclusa::ssh
