#include "sql/database.h"

namespace esclusa::sql {

void Database::write_later(LaterWork work, Done done) {
  try {
    done(write(std::move(work)), nullptr);
  } catch (...) {
    done({}, std::current_exception());
  }
}

}  // namespace esclusa::sql
