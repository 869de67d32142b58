#include "sql/library_version.h"

#include <sqlite3.h>

namespace esclusa::sql {

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace esclusa::sql
