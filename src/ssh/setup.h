#pragma once
#include <string>
#include <vector>

namespace esclusa::ssh {

/// Where `esclusa-ssh` is, or is to be installed: where Debian's package has it, if it is there.
std::string default_helper();

/// How the SSH access is installed on a machine.
struct Installation {
  std::string user = "git";
  std::string helper = default_helper();
  std::string socket = {};  ///< empty: in the default data folder of the user
};
/// The same installation with its socket path filled in.
Installation with_socket(Installation installation);

/// A setting of sshd that Esclusa needs, with the value as `sshd -T` prints it.
struct SshdSetting {
  std::string name;  ///< spelled as in sshd_config
  std::string value;
};
/// The settings for the SSH user, in the order in which they are printed.
std::vector<SshdSetting> user_settings(const Installation& installation);

/// How many connections sshd must allow to begin at once: 200 parallel clones and some reserve.
inline constexpr int startups = 300;

/// `esclusa ssh setup`: prints the steps for an administrator.
int print_setup(const Installation& installation);

}  // namespace esclusa::ssh
