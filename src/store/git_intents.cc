#include "store/git_intents.h"

#include "store/columns.h"

namespace esclusa::store {

GitIntentId insert_git_intent(sql::Writer& tx, const core::GitIntent& intent) {
  return {tx.number(
      "insert into git_intent (repository_id, branch, from_sha, to_sha, actor_id, actor_token_id, "
      "request_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
      {intent.repository_id.value, intent.branch, intent.from_sha, intent.to_sha,
       intent.actor_id.value, id_value(intent.actor_token_id), intent.request_id,
       to_micros(intent.created_at)})};
}

bool settle_git_intent(sql::Writer& tx, GitIntentId id, core::GitOutcome outcome, Timestamp now) {
  return tx.execute(
             "update git_intent set outcome = $2, settled_at = $3 where id = $1 and "
             "outcome = 'open'",
             {id.value, core::to_name(outcome), to_micros(now)}) > 0;
}

std::vector<core::GitIntent> list_open_git_intents(sql::Reader& db, Timestamp before) {
  return db.all(
      "select id, repository_id, branch, from_sha, to_sha, actor_id, actor_token_id, request_id, "
      "created_at from git_intent where outcome = 'open' and created_at < $1 order by id",
      {to_micros(before)}, [](const sql::Row& row) {
        return core::GitIntent{
            .id = {row.integer(0)},
            .repository_id = {row.integer(1)},
            .branch = std::string(row.text(2)),
            .from_sha = std::string(row.text(3)),
            .to_sha = std::string(row.text(4)),
            .actor_id = {row.integer(5)},
            .actor_token_id = read_optional_id<TokenId>(row, 6),
            .request_id = std::string(row.text(7)),
            .created_at = from_micros(row.integer(8)),
        };
      });
}

}  // namespace esclusa::store
