#include "store/deployment_logs.h"

#include <algorithm>

namespace esclusa::store {

std::optional<DeploymentLog> find_log(sql::Reader& db, DeploymentId deployment) {
  return db.one("select size, part_count from deployment_log where deployment_id = $1",
                {deployment.value},
                [](const sql::Row& row) { return DeploymentLog{row.integer(0), row.integer(1)}; });
}

std::string read_log(sql::Reader& db, DeploymentId deployment, int64_t begin, int64_t end) {
  std::string text;
  int64_t first = 0;  // position of the first part that was read
  db.each(
      "select end_at, text from deployment_log_part where deployment_id = $1 and end_at > $2 "
      "order by end_at",
      {deployment.value, begin}, [&](const sql::Row& row) {
        const auto size = static_cast<int64_t>(row.text(1).size());
        if (row.integer(0) - size >= end) return;
        if (text.empty()) first = row.integer(0) - size;
        text += row.text(1);
      });
  const auto skipped = static_cast<size_t>(std::max<int64_t>(begin - first, 0));
  if (begin >= end || skipped >= text.size()) return {};
  return text.substr(skipped, static_cast<size_t>(end - begin));
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
  tx.execute("insert into deployment_log_part (deployment_id, end_at, text) values ($1, $2, $3)",
             {deployment.value, end, text});
  return true;
}

void delete_log(sql::Writer& tx, DeploymentId deployment) {
  tx.execute("delete from deployment_log_part where deployment_id = $1", {deployment.value});
  tx.execute("delete from deployment_log where deployment_id = $1", {deployment.value});
}

}  // namespace esclusa::store
