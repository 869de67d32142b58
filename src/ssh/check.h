#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ssh/setup.h"

namespace esclusa::ssh {

/// One thing that was looked at, and what to do if it is wrong.
struct Finding {
  std::string what;
  bool is_right = false;
  std::string advice;
};

/// What `sshd -T` printed: names in lower case; a name that comes several times has several values.
std::multimap<std::string, std::string> read_sshd_settings(std::string_view text);

/// Compares the settings that hold for the door's user with those that it needs.
std::vector<Finding> judge_sshd_settings(const std::multimap<std::string, std::string>& settings,
                                         const Installation& installation);

/// `esclusa ssh check`: looks at sshd's settings, at the program and its folders, at the user and
/// at the socket; prints a line for each, and is 0 if all are right. An empty `sshd_config` is
/// sshd's own.
int check_installation(const Installation& installation, const std::string& sshd_config);

}  // namespace esclusa::ssh
