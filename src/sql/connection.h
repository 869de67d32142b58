#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/versions.h"

/// The interface to both engines. SQL text is the same for both: parameters are `$1`, `$2`, …;
/// columns are bigint or text; booleans are 0 and 1, times are microseconds.
namespace esclusa::sql {

enum class Engine { sqlite, postgres };

/// An engine failed because of exhaustion or a bug, never because of a user's mistake. `Database`
/// converts it to an `Error`.
struct Failure : std::runtime_error {
  enum class Kind {
    conflict,   ///< the engine undid the transaction because of another one; it may be repeated
    statement,  ///< wrong SQL, or a violated constraint
    full,       ///< no space: rolled back; the server continues
    io,         ///< the outcome of the transaction is unknown
    lost,       ///< no connection to the engine
    too_slow,   ///< the time of the snapshot is over
  };
  Failure(Kind kind, const std::string& what) : std::runtime_error(what), kind(kind) {}
  Kind kind;
};

/// The value of a parameter: NULL, integer or text. A text must outlive the call.
class Parameter {
 public:
  Parameter(std::nullopt_t) {}
  Parameter(int value) : value_(int64_t{value}) {}
  Parameter(int64_t value) : value_(value) {}
  Parameter(bool value) : value_(int64_t{value}) {}
  Parameter(std::string_view value) : value_(value) {}
  Parameter(const std::string& value) : value_(std::string_view(value)) {}
  Parameter(const char* value) : value_(std::string_view(value)) {}
  template <class T>
  Parameter(const std::optional<T>& value) {
    if (value) *this = Parameter(*value);
  }

  const std::variant<std::monostate, int64_t, std::string_view>& value() const { return value_; }

 private:
  std::variant<std::monostate, int64_t, std::string_view> value_;
};

/// The current row; valid only during the callback that receives it.
class Row {
 public:
  virtual bool is_null(int column) const = 0;
  virtual int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;

  bool boolean(int column) const { return integer(column) != 0; }
  std::optional<int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  std::optional<std::string> optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(std::string(text(column)));
  }

 protected:
  ~Row() = default;
};

/// The rows as one snapshot shows them. One thread at a time. Throws `Failure`. Only a `Database`
/// has one to give.
class Reader {
 public:
  using Parameters = std::span<const Parameter>;

  virtual Engine engine() const = 0;
  /// The moment before the snapshot, for what is made from it and kept.
  virtual SnapshotMoment moment() const { return {}; }
  /// Runs one statement, and calls `on_row` for each resulting row.
  virtual void each(std::string_view sql, Parameters parameters,
                    const std::function<void(const Row&)>& on_row) = 0;

  void each(std::string_view sql, std::initializer_list<Parameter> parameters,
            const std::function<void(const Row&)>& on_row) {
    each(sql, Parameters(parameters.begin(), parameters.size()), on_row);
  }

  /// All rows, each converted by `make`.
  template <class Make>
  auto all(std::string_view sql, Parameters parameters, Make make) {
    std::vector<std::invoke_result_t<Make, const Row&>> result;
    each(sql, parameters, [&](const Row& row) { result.push_back(make(row)); });
    return result;
  }
  template <class Make>
  auto all(std::string_view sql, std::initializer_list<Parameter> parameters, Make make) {
    return all(sql, Parameters(parameters.begin(), parameters.size()), make);
  }
  /// The first row, converted by `make`; nothing if there is no row.
  template <class Make>
  auto one(std::string_view sql, std::initializer_list<Parameter> parameters, Make make) {
    std::optional<std::invoke_result_t<Make, const Row&>> result;
    each(sql, parameters, [&](const Row& row) {
      if (!result) result.emplace(make(row));
    });
    return result;
  }
  /// The first column of the result's row; throws if there is none.
  int64_t number(std::string_view sql, std::initializer_list<Parameter> parameters = {});

 protected:
  ~Reader() = default;
};

/// A statement was asked of a reader that has no rows.
struct NotKept {};

/// A reader that has no snapshot, but what is kept.
class KeptReader final : public Reader {
 public:
  KeptReader(Engine engine, SnapshotMoment moment) : engine_(engine), moment_(moment) {}
  Engine engine() const override { return engine_; }
  SnapshotMoment moment() const override { return moment_; }
  using Reader::each;
  void each(std::string_view, Parameters, const std::function<void(const Row&)>&) override {
    throw NotKept();
  }

 private:
  const Engine engine_;
  const SnapshotMoment moment_;
};

/// A transaction that may change rows, and reads them as it has changed them.
class Writer : public Reader {
 public:
  /// Runs one statement; the number of rows that it changed.
  virtual int64_t execute(std::string_view sql, Parameters parameters) = 0;
  int64_t execute(std::string_view sql, std::initializer_list<Parameter> parameters = {}) {
    return execute(sql, Parameters(parameters.begin(), parameters.size()));
  }
  /// Runs an `insert` of one row, without `returning`; the row's `id`.
  virtual int64_t insert(std::string_view sql, Parameters parameters);
  int64_t insert(std::string_view sql, std::initializer_list<Parameter> parameters) {
    return insert(sql, Parameters(parameters.begin(), parameters.size()));
  }

 protected:
  ~Writer() = default;
};

/// A connection of an engine.
class Connection : public Writer {
 public:
  virtual ~Connection() = default;
};

}  // namespace esclusa::sql
