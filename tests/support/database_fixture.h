#pragma once
#include "store/schema.h"
#include "support/database_engines.h"

namespace esclusa::test {

/// A SQLite database with the schema of this version and no rows: a copy, since migrating costs as
/// much as many a test.
class SqliteStore : public SqliteFile {
 public:
  SqliteStore() : SqliteFile(migrated().path()) {}

 private:
  struct Migrated : SqliteFile {
    Migrated() {
      must(sql::migrate(database(), store::migrations()));
      close();
    }
  };
  static const SqliteFile& migrated() {
    static const Migrated made;
    return made;
  }
};

/// Calls `body(sql::Database&)` twice, with a database of either engine that has the schema of
/// this version and no rows.
template <class Body>
void for_each_engine(Body body) {
  SUBCASE("on SQLite") {
    SqliteStore sqlite;
    body(sqlite.database());
  }
  SUBCASE("on PostgreSQL") {
    auto postgres = must(sql::open_postgres(PostgresCluster::instance().new_schema(), 4));
    must(sql::migrate(*postgres, store::migrations()));
    body(*postgres);
  }
}

}  // namespace esclusa::test
