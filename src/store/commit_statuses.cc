#include "store/commit_statuses.h"

#include "core/names.h"
#include "store/accounts.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

std::string select_statuses(std::string_view condition) {
  return "select s.id, s.repository_id, s.sha, s.context, s.state, s.description, s.target_url, "
         "s.created_at, " +
         account_columns("c") +
         " from commit_status s join account c on c.id = s.creator_id "
         "where s.repository_id = $1 and s.sha = $2 " +
         std::string(condition);
}

core::CommitStatus read_status(const sql::Row& row) {
  return {
      .id = {row.integer(0)},
      .repository_id = {row.integer(1)},
      .sha = std::string(row.text(2)),
      .context = std::string(row.text(3)),
      .state = read_enum<core::CommitState>(row, 4),
      .description = row.optional_text(5),
      .target_url = row.optional_text(6),
      .creator = read_account(row, 8),
      .created_at = from_micros(row.integer(7)),
  };
}

}  // namespace

CommitStatusId insert_commit_status(sql::Writer& tx, const core::CommitStatus& status,
                                    const core::Actor& creator) {
  return {tx.insert(
      "insert into commit_status (repository_id, sha, context, context_key, state, description, "
      "target_url, creator_id, creator_token_id, created_at) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {status.repository_id.value, status.sha, status.context, core::fold_case(status.context),
       core::to_name(status.state), status.description, status.target_url, status.creator.id.value,
       token_value(creator), to_micros(status.created_at)})};
}

int64_t count_commit_statuses(sql::Reader& db, const Commit& commit, const std::string& context) {
  return db.number(
      "select count(*) from commit_status where repository_id = $1 and sha = $2 and "
      "context_key = $3",
      {commit.repository_id.value, commit.sha, core::fold_case(context)});
}

core::Listing<core::CommitStatus> list_commit_statuses(sql::Reader& db, const Commit& commit,
                                                       const core::Page& page) {
  static const std::string sql = select_statuses("order by s.id desc limit $3 offset $4");
  return {
      db.all(sql, {commit.repository_id.value, commit.sha, page.size, page.offset()}, read_status),
      db.number("select count(*) from commit_status where repository_id = $1 and sha = $2",
                {commit.repository_id.value, commit.sha})};
}

std::vector<core::CommitStatus> list_latest_commit_statuses(sql::Reader& db, const Commit& commit) {
  static const std::string sql = select_statuses(
      "and s.id in (select max(l.id) from commit_status l where l.repository_id = $1 and "
      "l.sha = $2 group by l.context_key) order by s.id");
  return db.all(sql, {commit.repository_id.value, commit.sha}, read_status);
}

}  // namespace esclusa::store
