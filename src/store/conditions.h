#pragma once
#include <string>
#include <vector>

#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// A `where` clause that grows: only what is asked for goes into the text, so that each
/// combination has a plan of its own. Texts that are passed must outlive it.
class Conditions {
 public:
  /// `first` uses `$1` to `$N` for the given parameters.
  Conditions(const std::string& first, std::vector<sql::Parameter> parameters)
      : text_("where " + first), parameters_(std::move(parameters)) {}

  void add(const std::string& test) { text_ += " and " + test; }
  /// `?` in `test` stands for the value.
  void add(std::string test, const sql::Parameter& value) {
    parameters_.push_back(value);
    test.replace(test.find('?'), 1, "$" + std::to_string(parameters_.size()));
    add(test);
  }

  /// One page of `select(where clause)`, and how many rows of `table` there are in all.
  template <class Select, class Read>
  auto list(sql::Connection& db, const std::string& table, Select select,
            const std::string& order_by, const core::Page& page, Read read) {
    core::Listing<std::invoke_result_t<Read, const sql::Row&>> listing;
    db.each("select count(*) from " + table + " " + text_, parameters_,
            [&](const sql::Row& row) { listing.total_count = row.integer(0); });
    auto parameters = parameters_;
    parameters.emplace_back(page.size);
    parameters.emplace_back(page.offset());
    const std::string rest = " order by " + order_by + " limit $" +
                             std::to_string(parameters.size() - 1) + " offset $" +
                             std::to_string(parameters.size());
    listing.items = db.all(select(text_ + rest), parameters, read);
    return listing;
  }

 private:
  std::string text_;
  std::vector<sql::Parameter> parameters_;
};

}  // namespace esclusa::store
