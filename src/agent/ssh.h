#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"

/// OpenSSH's client as the agent starts it: for git, and for commands on another host.
namespace esclusa::agent {

/// Whether git reaches this by ssh: `ssh://…` and its like, or `host:path`.
bool uses_ssh(std::string_view git);

/// Options of ssh with which it offers this key alone, believes these host keys alone, reads no
/// settings of this machine or user, asks nobody, and forwards nothing.
std::vector<std::string> ssh_options(const SshAccess& access);

/// One word of a POSIX shell, whatever is in it.
std::string shell_quoted(std::string_view text);

/// What to do next about what ssh has printed; empty if that is not known. `remedy` is for a key
/// that was refused.
std::string ssh_advice(std::string_view output, const SshAccess& access, std::string_view remedy);

}  // namespace esclusa::agent
