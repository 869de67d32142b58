#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "bin/node.h"
#include "bin/settings.h"

namespace esclusa {

/// What SIGHUP does: reads the settings again, from the same file and flags, and gives the node the
/// values that it can take while it serves. The log names those that count from the next start on,
/// and mistakes; with a mistake nothing is taken. One thread at a time.
class Reload {
 public:
  /// `in_force`: what the node was started with. The node must outlive it.
  Reload(std::filesystem::path file, std::map<std::string, std::string> flags,
         LoadedSettings in_force, Node& node);
  void run();

 private:
  const std::filesystem::path file_;
  const std::map<std::string, std::string> flags_;
  LoadedSettings in_force_;
  Node& node_;
};

}  // namespace esclusa
