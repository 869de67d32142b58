#include "store/schema.h"

namespace esclusa::store {

std::span<const sql::Migration> migrations() {
  static constexpr sql::Migration list[] = {
#include "store/schema.inc"
  };
  return list;
}

}  // namespace esclusa::store
