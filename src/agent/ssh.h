#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"

/// How the agent starts OpenSSH's client: for git, and for commands on another host.
namespace esclusa::agent {

/// Whether git uses ssh for this: `ssh://…` and similar URLs, or `host:path`.
bool uses_ssh(std::string_view git);

/// Options with which ssh offers only this key, accepts only these host keys, reads no settings of
/// this machine or user, prompts for nothing, and forwards nothing.
std::vector<std::string> ssh_options(const SshAccess& access);

/// Quotes any text as one word of a POSIX shell.
std::string shell_quoted(std::string_view text);

/// Advice for an error message of ssh; empty if the message is unknown. `remedy` is the advice for
/// a refused key.
std::string ssh_advice(std::string_view output, const SshAccess& access, std::string_view remedy);

}  // namespace esclusa::agent
