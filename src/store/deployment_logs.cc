#include "store/deployment_logs.h"

#include <algorithm>

namespace esclusa::store {

std::optional<DeploymentLog> find_log(sql::Reader& db, DeploymentId deployment) {
  return db.one("select size, part_count from deployment_log where deployment_id = $1 and size > 0",
                {deployment.value},
                [](const sql::Row& row) { return DeploymentLog{row.integer(0), row.integer(1)}; });
}

std::string read_log(sql::Reader& db, DeploymentId deployment, int64_t begin, int64_t end) {
  std::string text;
  int64_t read_to = begin;
  for (bool has_more = true; has_more && read_to < end;) {
    has_more = false;
    // A few parts at a time: a log has many, of any size.
    db.each(
        "select end_at, text from deployment_log_part where deployment_id = $1 and end_at > $2 "
        "order by end_at limit 32",
        {deployment.value, read_to}, [&](const sql::Row& row) {
          const int64_t part_end = row.integer(0);
          const int64_t part_begin = part_end - static_cast<int64_t>(row.text(1).size());
          if (part_begin >= end) return;
          text += row.text(1).substr(static_cast<size_t>(read_to - part_begin),
                                     static_cast<size_t>(end - read_to));
          read_to = part_end;
          has_more = true;
        });
  }
  return text;
}

bool append_log(sql::Writer& tx, DeploymentId deployment, const DeploymentLog& known,
                std::string_view text, Timestamp now) {
  tx.execute(
      "insert into deployment_log (deployment_id, size, part_count, created_at) "
      "values ($1, 0, 0, $2) on conflict (deployment_id) do nothing",
      {deployment.value, to_micros(now)});
  const int64_t end = known.size + static_cast<int64_t>(text.size());
  if (tx.execute("update deployment_log set size = $2, part_count = part_count + 1 "
                 "where deployment_id = $1 and size = $3",
                 {deployment.value, end, known.size}) == 0) {
    return false;
  }
  // A log that is being pruned has the size 0, and may still have parts.
  if (known.size == 0) {
    tx.execute("delete from deployment_log_part where deployment_id = $1", {deployment.value});
  }
  tx.execute("insert into deployment_log_part (deployment_id, end_at, text) values ($1, $2, $3)",
             {deployment.value, end, text});
  return true;
}

void delete_log(sql::Writer& tx, DeploymentId deployment) {
  tx.execute("delete from deployment_log_part where deployment_id = $1", {deployment.value});
  tx.execute("delete from deployment_log where deployment_id = $1", {deployment.value});
}

}  // namespace esclusa::store
