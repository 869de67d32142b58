#pragma once
#include <string>
#include <vector>

namespace esclusa::ssh {

/// How the door is installed on a machine.
struct Installation {
  std::string user = "git";
  std::string helper = "/usr/local/libexec/esclusa";
  std::string socket = {};  ///< empty: in the data folder that the user's server has by default
};
/// The same with the socket named.
Installation with_socket(Installation installation);

/// A setting of sshd that the door needs, as `sshd -T` spells it.
struct SshdSetting {
  std::string name;  ///< as in sshd_config
  std::string value;
};
/// The settings that hold for the door's user, in the order in which they are printed.
std::vector<SshdSetting> user_settings(const Installation& installation);

/// How many clients sshd shall let begin at once: 200 parallel clones, with room.
inline constexpr int startups = 300;

/// `esclusa ssh setup`: prints, step by step, what an administrator does.
int print_setup(const Installation& installation);

}  // namespace esclusa::ssh
