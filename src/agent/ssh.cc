#include "agent/ssh.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace esclusa::agent {

bool uses_ssh(std::string_view git) {
  const size_t scheme_end = git.find("://");
  if (scheme_end != git.npos) {
    const std::string scheme = ascii_lower(git.substr(0, scheme_end));
    return scheme == "ssh" || scheme == "git+ssh" || scheme == "ssh+git";
  }
  if (git.starts_with('[')) return git.contains("]:");
  const size_t colon = git.find(':');
  // `ext::command` is another transport, which git refuses.
  return colon != git.npos && colon < git.find('/') && !git.substr(colon).starts_with("::");
}

std::vector<std::string> ssh_options(const SshAccess& access) {
  std::vector<std::string> options = {"-F", "/dev/null", "-a", "-x", "-T"};
  // With -i, ssh would try the user's own keys if the file does not exist.
  const std::string key = "IdentityFile=\"" + access.key.string() + "\"";
  const std::string known_hosts = "UserKnownHostsFile=\"" + access.known_hosts.string() + "\"";
  for (const std::string& option : std::initializer_list<std::string>{
           key, "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none",
           "StrictHostKeyChecking=yes", known_hosts, "GlobalKnownHostsFile=/dev/null",
           "UpdateHostKeys=no", "ClearAllForwardings=yes", "LogLevel=ERROR", "ConnectTimeout=15",
           // After some two minutes without an answer, ssh closes the connection.
           "ServerAliveInterval=30", "ServerAliveCountMax=4"}) {
    options.insert(options.end(), {"-o", option});
  }
  return options;
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') {
      quoted += R"('\'')";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string ssh_advice(std::string_view output, const SshAccess& access, std::string_view remedy) {
  const auto says = [&](std::string_view text) { return output.contains(text); };
  if (says("Host key verification failed")) {
    return "The host has no key that is in " + access.known_hosts.string() +
           ". Ask who runs it for its key's fingerprint. If that is the one of "
           "`ssh-keyscan -p PORT HOST | ssh-keygen -lf -`, put the line of `ssh-keyscan -p PORT "
           "HOST` into that file.";
  }
  if (says("Permission denied (")) {
    return "The host does not accept the key " + access.key.string() + ". " + std::string(remedy);
  }
  constexpr std::array<std::string_view, 5> out_of_reach = {
      "Connection refused", "Connection timed out", "No route to host", "Could not resolve",
      "Network is unreachable"};
  if (std::ranges::any_of(out_of_reach, says)) {
    return "The host cannot be reached from here. See whether its name and port are right, and "
           "whether sshd runs there.";
  }
  return {};
}

}  // namespace esclusa::agent
