#include "store/recoding.h"

namespace esclusa::store {

std::vector<Recoding> list_recodings(sql::Reader& db) {
  return db.all("select table_name, next_after, last from recoding order by table_name", {},
                [](const sql::Row& row) {
                  return Recoding{std::string(row.text(0)), row.integer(1), row.integer(2)};
                });
}

void save_recoding(sql::Writer& tx, const Recoding& recoding) {
  if (recoding.next_after < recoding.last) {
    tx.execute("update recoding set next_after = $2 where table_name = $1",
               {recoding.table, recoding.next_after});
  } else {
    tx.execute("delete from recoding where table_name = $1", {recoding.table});
  }
}

}  // namespace esclusa::store
