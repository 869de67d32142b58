#pragma once
#include <cstdlib>
#include <optional>
#include <string_view>

#include "store/schema.h"
#include "support/database_engines.h"

namespace esclusa::test {

/// A SQLite database with the current schema and no rows. It is a copy, because a migration takes
/// as long as many tests.
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

/// The test binary's PostgreSQL database with the current schema, emptied for the caller: a
/// migration and a connection take as long as many tests.
inline sql::Database& empty_postgres_store() {
  static const auto store = [] {
    auto made = must(sql::open_postgres(PostgresCluster::instance().new_schema(), 4));
    must(sql::migrate(*made, store::migrations()));
    return made;
  }();
  write(*store, [](sql::Writer& tx) {
    // Not `truncate`, which creates new files for each table. The role switches foreign keys off.
    tx.execute(R"sql(
      do $$ declare name text; begin
        set local session_replication_role = replica;
        for name in select tablename from pg_tables
            where schemaname = current_schema() and tablename <> 'migration' loop
          execute format('delete from %I', name);
        end loop;
        perform setval(format('%I', sequencename)::regclass, 1, false) from pg_sequences
            where schemaname = current_schema() and last_value is not null;
      end $$)sql");
  });
  return *store;
}

/// The names of all tables.
inline std::vector<std::string> table_names(sql::Reader& db) {
  const bool is_sqlite = db.engine() == sql::Engine::sqlite;
  return db.all(is_sqlite ? "select name from sqlite_master where type = 'table' and "
                            "name not like 'sqlite%' order by name"
                          : "select tablename from pg_tables where schemaname = current_schema() "
                            "order by tablename",
                {}, [](const sql::Row& row) { return std::string(row.text(0)); });
}

/// The store of a fixture: SQLite, or PostgreSQL where the environment's ESCLUSA_TEST_ENGINE says
/// `postgresql`, as the jobs postgres/… of tools/run-tests do.
class Store {
 public:
  Store() {
    const char* engine = std::getenv("ESCLUSA_TEST_ENGINE");
    if (engine != nullptr && std::string_view(engine) == "postgresql") {
      postgres_ = &empty_postgres_store();
    } else {
      sqlite_.emplace();
    }
  }
  sql::Database& database() const { return sqlite_ ? sqlite_->database() : *postgres_; }

 private:
  std::optional<SqliteStore> sqlite_;
  sql::Database* postgres_ = nullptr;
};

/// Calls `body(sql::Database&)` twice: with a database of each engine that has the current schema
/// and no rows.
template <class Body>
void for_each_engine(Body body) {
  SUBCASE("on SQLite") {
    SqliteStore sqlite;
    body(sqlite.database());
  }
  SUBCASE("on PostgreSQL") { body(empty_postgres_store()); }
}

}  // namespace esclusa::test
