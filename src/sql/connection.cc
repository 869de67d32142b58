#include "sql/connection.h"

#include "base/check.h"

namespace esclusa::sql {

int64_t Reader::number(std::string_view sql, std::initializer_list<Parameter> parameters) {
  auto value = one(sql, parameters, [](const Row& row) { return row.integer(0); });
  if (!value) bug("no row: " + std::string(sql));
  return *value;
}

}  // namespace esclusa::sql
