#pragma once
#include <map>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace esclusa {

/// Where a command finds the settings of the server.
struct SettingSources {
  std::string file;                          ///< empty: none
  std::map<std::string, std::string> flags;  ///< values by the names of settings
};

/// Adds a flag for each setting, with its three names in the help. The footer says the rest.
void add_setting_flags(CLI::App& command, const std::shared_ptr<SettingSources>& sources);

}  // namespace esclusa
