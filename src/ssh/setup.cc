#include "ssh/setup.h"

#include <pwd.h>

#include <cstdio>
#include <filesystem>

#include "core/ssh_door.h"
#include "ssh/program.h"

namespace esclusa::ssh {
namespace {

Error not_plain(const std::string& path) {
  return {ErrorCode::invalid,
          "paths should be absolute, of letters, digits and /._-+@: " + path,
          {},
          {},
          {}};
}

constexpr const char* packaged_helper = "/usr/libexec/esclusa-ssh";

std::string install_step(const Installation& installation, const std::string& program) {
  if (installation.helper == packaged_helper) {
    return "# 2. The program that sshd starts is " + installation.helper +
           ", which the package has installed.\n";
  }
  return "# 2. The program that sshd starts, where only root can change it.\n"
         "# $ install -D -o root -g root -m 755 " +
         program + "-ssh " + installation.helper + "\n";
}

std::string steps(const Installation& installation, const std::string& program) {
  const std::string options = " --user " + installation.user + " --helper " + installation.helper +
                              " --socket " + installation.socket;
  return "# The SSH door of Esclusa. Lines with $ are commands for root; docs/ssh.md says more.\n"
         "\n"
         "# 1. A user for it, without a password and without a file of keys. The server runs as\n"
         "#    this user (or as another one, with the settings ssh.socket and ssh.user).\n"
         "# $ useradd --system --create-home --shell /bin/sh " +
         installation.user +
         "\n"
         "\n" +
         install_step(installation, program) +
         "\n"
         "# 3. These settings: the rest of this text as /etc/ssh/sshd_config.d/esclusa.conf\n"
         "# $ " +
         program + " ssh setup" + options +
         " > /etc/ssh/sshd_config.d/esclusa.conf\n"
         "# $ sshd -t && systemctl reload ssh\n"
         "\n"
         "# 4. Whether all is well:\n"
         "# $ " +
         program + " ssh check" + options + "\n\n";
}

}  // namespace

std::string default_helper() {
  std::error_code unreadable;
  return std::filesystem::exists(packaged_helper, unreadable) ? packaged_helper
                                                              : "/usr/local/libexec/esclusa-ssh";
}

std::vector<SshdSetting> user_settings(const Installation& installation) {
  return {
      {"AuthorizedKeysCommand",
       installation.helper + " keys %t %k --socket " + installation.socket},
      {"AuthorizedKeysCommandUser", installation.user},
      {"AuthorizedKeysFile", "none"},
      {"TrustedUserCAKeys", "none"},  // a certificate would bypass the forced command
      {"AuthenticationMethods", "publickey"},
      {"PubkeyAuthentication", "yes"},
      {"PasswordAuthentication", "no"},
      {"KbdInteractiveAuthentication", "no"},
      {"PermitTTY", "no"},
      {"PermitUserRC", "no"},
      {"AllowTcpForwarding", "no"},
      {"AllowStreamLocalForwarding", "no"},
      {"AllowAgentForwarding", "no"},
      {"X11Forwarding", "no"},
      {"PermitTunnel", "no"},
      {"MaxAuthTries", "3"},
      {"MaxSessions", "4"},
      {"ClientAliveInterval", "30"},  // a client that hangs in the middle of a push holds a lock
      {"ClientAliveCountMax", "4"},
      {"AcceptEnv", "GIT_PROTOCOL"},
  };
}

Installation with_socket(Installation installation) {
  if (!installation.socket.empty()) return installation;
  const passwd* user = getpwnam(installation.user.c_str());
  const std::string home = user != nullptr ? user->pw_dir : "/home/" + installation.user;
  installation.socket = home + "/.local/share/esclusa/run/keys.sock";
  return installation;
}

int print_setup(const Installation& given) {
  const Installation installation = with_socket(given);
  for (const std::string& path : {installation.helper, installation.socket}) {
    if (!core::is_plain_path(path)) return report(not_plain(path));
  }
  const auto program = own_path();
  if (!program) return report(program.error());
  std::string text = steps(installation, *program);
  text += "# Of the whole sshd: many clients may begin at once, which takes its time.\n";
  text += "MaxStartups " + std::to_string(startups) + ":30:" + std::to_string(2 * startups) + "\n";
  text += "LoginGraceTime 120\n\n";
  text += "Match User " + installation.user + "\n";
  for (const SshdSetting& setting : user_settings(installation)) {
    text += "    " + setting.name + " " + setting.value + "\n";
  }
  text += "Match all\n";
  std::fputs(text.c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace esclusa::ssh
