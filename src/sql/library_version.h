#pragma once
#include <string>

namespace esclusa::sql {

/// The version of SQLite that this process has loaded: `3.40.1`.
std::string sqlite_version();

}  // namespace esclusa::sql
