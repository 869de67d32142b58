#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Builds a `where` clause from the conditions that apply, so that each combination has its own
/// plan. Strings passed as parameters must outlive the object.
class Conditions {
 public:
  /// `first` uses `$1` to `$N` for the given parameters.
  Conditions(const std::string& first, std::vector<sql::Parameter> parameters)
      : text_("where " + first), parameters_(std::move(parameters)) {}

  void add(const std::string& test) { text_ += " and " + test; }
  /// The `?` in `test` is replaced by the value's parameter.
  void add(std::string test, const sql::Parameter& value) {
    test.replace(test.find('?'), 1, bind(value));
    add(test);
  }

  /// Demands that `column` contain the text, whose case counts.
  void add_contains(const std::string& column, const std::string& text) {
    std::string pattern = "%";
    for (const char c : text) {
      if (c == '%' || c == '_' || c == '!') pattern += '!';
      pattern += c;
    }
    owned_.push_back(std::make_unique<std::string>(pattern + "%"));
    add(column + " like ? escape '!'", *owned_.back());
  }

  /// Adds a parameter and returns its placeholder, such as `$2`, for a text that is added later.
  std::string bind(const sql::Parameter& value) {
    parameters_.push_back(value);
    return "$" + std::to_string(parameters_.size());
  }

  /// The same for parameters of the selected columns, which the count does not use. Call it after
  /// all conditions were added.
  std::string bind_for_columns(const sql::Parameter& value) {
    column_parameters_.push_back(value);
    return "$" + std::to_string(parameters_.size() + column_parameters_.size());
  }

  /// One page of `select(where clause)`, and the total count of matching rows of `table`.
  template <class Select, class Read>
  auto list(sql::Reader& db, const std::string& table, Select select, const std::string& order_by,
            const core::Page& page, Read read) {
    core::Listing<std::invoke_result_t<Read, const sql::Row&>> listing;
    listing.total_count = count(db, table);
    listing.items = rows(db, select, order_by, page.size, page.offset(), read);
    return listing;
  }

  /// The number of matching rows of `table`.
  int64_t count(sql::Reader& db, const std::string& table) {
    return number(db, "select count(*) from " + table + " " + text_);
  }

  /// The result of `sql`, which has one row and column, and uses all parameters.
  int64_t number(sql::Reader& db, const std::string& sql) {
    int64_t result = 0;
    db.each(sql, parameters_, [&](const sql::Row& row) { result = row.integer(0); });
    return result;
  }

  /// `size` rows of `select(where clause)` after the first `offset` ones.
  template <class Select, class Read>
  auto rows(sql::Reader& db, Select select, const std::string& order_by, int64_t size,
            int64_t offset, Read read) {
    auto parameters = parameters_;
    parameters.insert(parameters.end(), column_parameters_.begin(), column_parameters_.end());
    parameters.emplace_back(size);
    parameters.emplace_back(offset);
    const std::string rest = " order by " + order_by + " limit $" +
                             std::to_string(parameters.size() - 1) + " offset $" +
                             std::to_string(parameters.size());
    return db.all(select(text_ + rest), parameters, read);
  }

  /// The `where` clause.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::unique_ptr<std::string>> owned_;  ///< parameters that nobody else owns
  std::vector<sql::Parameter> parameters_;
  std::vector<sql::Parameter> column_parameters_;
};

}  // namespace esclusa::store
