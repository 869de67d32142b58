#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ssh/setup.h"

namespace esclusa::ssh {

/// One check, and how to fix it if it failed.
struct Finding {
  std::string what;
  bool is_right = false;
  std::string advice;
};

/// Parses the output of `sshd -T`: names in lower case; a name that occurs several times has
/// several values.
std::multimap<std::string, std::string> read_sshd_settings(std::string_view text);

/// Compares the settings that sshd applies to the SSH user with those that Esclusa needs.
std::vector<Finding> judge_sshd_settings(const std::multimap<std::string, std::string>& settings,
                                         const Installation& installation);

/// Checks sshd's settings, the program and its folders, the user and the socket, for `esclusa ssh
/// check` and `esclusa doctor`. If `sshd_config` is empty, sshd uses its default file.
std::vector<Finding> examine_installation(const Installation& installation,
                                          const std::string& sshd_config);

/// `esclusa ssh check`: prints a line for each check, and returns 0 if all succeed.
int check_installation(const Installation& installation, const std::string& sshd_config);

}  // namespace esclusa::ssh
