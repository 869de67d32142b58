#include "sql/connection.h"

#include "base/check.h"

namespace esclusa::sql {

int64_t Reader::number(std::string_view sql, std::initializer_list<Parameter> parameters) {
  auto value = one(sql, parameters, [](const Row& row) { return row.integer(0); });
  if (!value) bug("no row: " + std::string(sql));
  return *value;
}

int64_t Writer::insert(std::string_view sql, Parameters parameters) {
  std::optional<int64_t> id;
  each(std::string(sql) + " returning id", parameters,
       [&](const Row& row) { id = row.integer(0); });
  if (!id) bug("no row: " + std::string(sql));
  return *id;
}

}  // namespace esclusa::sql
