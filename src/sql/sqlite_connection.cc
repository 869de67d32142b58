#include "sql/sqlite_connection.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "base/check.h"
#include "base/text.h"
#include "base/trace.h"

namespace esclusa::sql {
namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const override {
    auto* chars = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    auto bytes = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
    return chars == nullptr ? std::string_view() : std::string_view(chars, bytes);
  }

 private:
  sqlite3_stmt* statement_;
};

/// Resets the statement at the end: a statement that is not reset keeps its snapshot open.
struct ResetAtEnd {
  sqlite3_stmt* statement;
  ~ResetAtEnd() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

Failure::Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return Failure::Kind::full;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Failure::Kind::io;
    case SQLITE_CANTOPEN: return Failure::Kind::lost;
    case SQLITE_INTERRUPT: return Failure::Kind::too_slow;
    default: return Failure::Kind::statement;
  }
}

/// How large the pages may be that a savepoint puts aside, before they go to a file. Beyond 64 KiB
/// by default, so that in a batch of creations SQLite wrote six times as much there as to the log.
constexpr int savepoint_bytes = 16 * 1024 * 1024;

/// Once, before SQLite is used.
void configure_sqlite() {
  static const int code = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, savepoint_bytes);
  ENSURE(code == SQLITE_OK);
}

}  // namespace

void SqliteConnection::fail(std::string_view sql, int code) const {
  const bool no_memory = (code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
  if (no_memory) throw std::bad_alloc();
  throw Failure(kind_of(code), std::string("SQLite: ") + sqlite3_errmsg(database_.get()) +
                                   " in: " + std::string(sql));
}

void SqliteConnection::open(const std::string& path, Mode mode) {
  std::string name = path;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  std::error_code no_log;
  if (mode == Mode::writer) {
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  } else if (mode == Mode::inspector && std::filesystem::file_size(path + "-wal", no_log) > 0 &&
             !no_log) {
    flags |= SQLITE_OPEN_READWRITE;  // for the exclusive lock that take_alone() takes
  } else {
    flags |= SQLITE_OPEN_READONLY;
  }
  if (mode == Mode::inspector && (flags & SQLITE_OPEN_READONLY) != 0) {
    // If there is no WAL, the file is complete. Without `immutable`, SQLite would create an empty
    // WAL.
    name = "file:" + percent_encode(path, "/") + "?immutable=1";
    flags |= SQLITE_OPEN_URI;
  }
  configure_sqlite();
  sqlite3* opened = nullptr;
  int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) fail("open " + path, code);
}

void SqliteConnection::limit_time(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

bool SqliteConnection::take_alone() {
  const char* sql = "pragma locking_mode=exclusive; select count(*) from sqlite_master";
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  return (code & 0xff) != SQLITE_BUSY;  // other errors appear again at the next statement
}

SqliteConnection::SqliteConnection(const std::string& path, Mode mode) {
  open(path, mode);
  // A connection that has the file alone keeps the WAL index in memory; otherwise the index is the
  // file of the other process.
  if (mode == Mode::inspector && !take_alone()) open(path, Mode::reader);
  sqlite3* opened = database_.get();
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, 5000);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  execute("pragma mmap_size=0");
  execute("pragma cell_size_check=on");
  if (mode != Mode::writer) {
    // Only the writer checkpoints: Debian 12's SQLite has the WAL-reset bug, which occurs when one
    // connection checkpoints while another commits (docs/decisions/0002).
    sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_wal_autocheckpoint(opened, 0);
    const auto is_over = [](void* self) -> int {
      return std::chrono::steady_clock::now() > static_cast<SqliteConnection*>(self)->deadline_;
    };
    sqlite3_progress_handler(opened, 10'000, is_over, this);  // some 100 µs of SQLite's work
    return;
  }
  // The pragma does not fail: where the file system has no shared memory it returns another mode.
  const auto journal =
      one("pragma journal_mode=wal", {}, [](const Row& row) { return std::string(row.text(0)); });
  if (journal != "wal") throw Failure(Failure::Kind::lost, "SQLite has no WAL at " + path);
  execute("pragma synchronous=full");
  execute("pragma foreign_keys=on");
  if (number("pragma synchronous") != 2) bug("SQLite did not take synchronous=FULL");
}

void SqliteConnection::watch_rows(std::function<void(std::string_view, int64_t)> on_row_change) {
  on_row_change_ = std::move(on_row_change);
  const auto tell = [](void* self, int, const char*, const char* table, sqlite3_int64 row) {
    static_cast<SqliteConnection*>(self)->on_row_change_(table, row);
  };
  sqlite3_update_hook(database_.get(), tell, this);
}

const SqliteConnection::Statement& SqliteConnection::prepare(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  // SQLite would take `$1::text` for a parameter of another name and silently bind NULL.
  if (sql.find("::") != sql.npos) bug("'::' in: " + std::string(sql));
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) fail(sql, code);
  Statement statement;
  statement.handle.reset(made);
  // SQLite takes `$2` for a name, not a position.
  for (int index = 1; index <= sqlite3_bind_parameter_count(made); ++index) {
    const char* name = sqlite3_bind_parameter_name(made, index);
    const auto number = name == nullptr ? 0 : std::strtoul(name + 1, nullptr, 10);
    if (number == 0) bug("a parameter without a number in: " + std::string(sql));
    statement.indexes.resize(std::max(statement.indexes.size(), number));
    statement.indexes[number - 1] = index;
  }
  return statements_.emplace(std::string(sql), std::move(statement)).first->second;
}

sqlite3_stmt* SqliteConnection::bind(std::string_view sql, Parameters parameters) {
  Trace::count(Trace::Count::statement);
  const Statement& prepared = prepare(sql);
  sqlite3_stmt* statement = prepared.handle.get();
  if (prepared.indexes.size() > parameters.size()) {
    bug("a parameter is missing in: " + std::string(sql));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const int index = i < prepared.indexes.size() ? prepared.indexes[i] : 0;
    if (index == 0) bug("an unused parameter in: " + std::string(sql));
    const auto& value = parameters[i].value();
    if (auto* integer = std::get_if<int64_t>(&value)) {
      sqlite3_bind_int64(statement, index, *integer);
    } else if (auto* text = std::get_if<std::string_view>(&value)) {
      // An empty string_view may hold a null pointer, which would bind NULL.
      sqlite3_bind_text64(statement, index, text->data() != nullptr ? text->data() : "",
                          text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
      sqlite3_bind_null(statement, index);
    }
  }
  return statement;
}

void SqliteConnection::each(std::string_view sql, Parameters parameters,
                            const std::function<void(const Row&)>& on_row) {
  ResetAtEnd running{bind(sql, parameters)};
  for (;;) {
    int code = sqlite3_step(running.statement);
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) fail(sql, code);
    on_row(SqliteRow(running.statement));
  }
}

int64_t SqliteConnection::execute(std::string_view sql, Parameters parameters) {
  each(sql, parameters, [](const Row&) {});
  return sqlite3_changes64(database_.get());
}

int64_t SqliteConnection::insert(std::string_view sql, Parameters parameters) {
  if (execute(sql, parameters) != 1) bug("no row: " + std::string(sql));
  return sqlite3_last_insert_rowid(database_.get());
}

}  // namespace esclusa::sql
