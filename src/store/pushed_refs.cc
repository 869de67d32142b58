#include "store/pushed_refs.h"

#include "store/accounts.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

std::string select_open(const std::string& condition) {
  return "select p.id, p.session, p.deploy_key_id, p.repository_id, p.ref, p.from_sha, p.to_sha, "
         "p.request_id, p.created_at, " +
         account_columns("a") +
         " from pushed_ref p join deploy_key k on k.id = p.deploy_key_id "
         "join account a on a.id = k.added_by_id where p.outcome = 'open' " +
         condition + " order by p.id";
}

core::PushedRef read_pushed_ref(const sql::Row& row) {
  return {
      .id = {row.integer(0)},
      .session = std::string(row.text(1)),
      .deploy_key_id = {row.integer(2)},
      .pusher = read_account(row, 9),
      .repository_id = {row.integer(3)},
      .change = {std::string(row.text(4)), std::string(row.text(5)), std::string(row.text(6))},
      .request_id = std::string(row.text(7)),
      .created_at = from_micros(row.integer(8)),
  };
}

}  // namespace

void insert_pushed_ref(sql::Writer& tx, const core::PushedRef& pushed) {
  tx.execute(
      "insert into pushed_ref (session, deploy_key_id, repository_id, ref, from_sha, to_sha, "
      "request_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
      {pushed.session, pushed.deploy_key_id.value, pushed.repository_id.value, pushed.change.ref,
       pushed.change.from_sha, pushed.change.to_sha, pushed.request_id,
       to_micros(pushed.created_at)});
}

bool settle_pushed_ref(sql::Writer& tx, PushedRefId id, core::GitOutcome outcome, Timestamp now) {
  return tx.execute(
             "update pushed_ref set outcome = $2, settled_at = $3 where id = $1 and "
             "outcome = 'open'",
             {id.value, core::to_name(outcome), to_micros(now)}) > 0;
}

bool has_other_made(sql::Reader& db, const core::PushedRef& pushed) {
  return db.number(
             "select count(*) from pushed_ref where repository_id = $1 and ref = $2 and "
             "from_sha = $3 and to_sha = $4 and outcome = 'moved' and settled_at >= $5",
             {pushed.repository_id.value, pushed.change.ref, pushed.change.from_sha,
              pushed.change.to_sha, to_micros(pushed.created_at)}) > 0;
}

std::vector<core::PushedRef> list_open_pushed_refs(sql::Reader& db, std::string_view session) {
  static const std::string sql = select_open("and p.session = $1");
  return db.all(sql, {session}, read_pushed_ref);
}

std::vector<core::PushedRef> list_open_pushed_refs(sql::Reader& db) {
  static const std::string sql = select_open("");
  return db.all(sql, {}, read_pushed_ref);
}

}  // namespace esclusa::store
