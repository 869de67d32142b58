#pragma once
#include "store/schema.h"
#include "support/database_engines.h"

namespace esclusa::test {

/// Calls `body(sql::Database&)` twice, with a database of either engine that has the schema of
/// this version and no rows.
template <class Body>
void for_each_engine(Body body) {
  for_each_empty_database([&](sql::Database& database) {
    must(sql::migrate(database, store::migrations()));
    body(database);
  });
}

/// A SQLite database with the schema of this version.
class SqliteStore : public SqliteFile {
 public:
  SqliteStore() { must(sql::migrate(database(), store::migrations())); }
};

}  // namespace esclusa::test
