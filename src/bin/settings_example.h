#pragma once
#include <string>
#include <vector>

#include "bin/settings.h"

namespace esclusa {

/// A settings file (TOML) in which every setting is explained and commented out, with its default
/// or, where the default cannot be written as a value, with an example. It begins with how the file
/// is used.
std::string settings_example(const std::vector<Setting>& settings);

/// The table of docs/settings.md.
std::string settings_markdown(const std::vector<Setting>& settings);

}  // namespace esclusa
