#include "store/ref_intents.h"

#include "store/accounts.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

constexpr int first_account_column = 10;

std::string select_open(const std::string& condition) {
  return "select i.id, i.repository_id, i.ref, i.from_sha, i.to_sha, i.actor_token_id, "
         "i.deploy_key_id, i.session, i.request_id, i.created_at, " +
         account_columns("a") +
         " from ref_intent i left join deploy_key k on k.id = i.deploy_key_id "
         "join account a on a.id = coalesce(i.actor_id, k.added_by_id) where i.outcome = 'open' " +
         condition + " order by i.id";
}

/// An intent whose actor is not complete without the token.
struct Stored {
  core::RefIntent intent;
  std::optional<TokenId> token_id;
};

Stored read_stored(const sql::Row& row) {
  const core::Account account = read_account(row, first_account_column);
  const auto key = read_optional_id<DeployKeyId>(row, 6);
  const auto actor = key ? core::Actor::by_deploy_key(*key) : core::Actor::by_session(account);
  return {
      {.id = {row.integer(0)},
       .repository_id = {row.integer(1)},
       .change = {std::string(row.text(2)), std::string(row.text(3)), std::string(row.text(4))},
       .actor = actor.in_request(std::string(row.text(8))),
       .sender = account,
       .session = row.optional_text(7).value_or(""),
       .created_at = from_micros(row.integer(9))},
      read_optional_id<TokenId>(row, 5),
  };
}

std::vector<core::RefIntent> list(sql::Reader& db, std::string_view sql,
                                  std::initializer_list<sql::Parameter> parameters) {
  std::vector<core::RefIntent> intents;
  for (auto& [intent, token_id] : db.all(sql, parameters, read_stored)) {
    if (const auto by = token_id ? find_token(db, *token_id) : std::nullopt) {
      const std::string request_id = intent.actor.request_id();
      intent.actor = core::Actor::by_token(by->account, by->token).in_request(request_id);
    }
    intents.push_back(std::move(intent));
  }
  return intents;
}

}  // namespace

RefIntentId insert_ref_intent(sql::Writer& tx, const core::RefIntent& intent) {
  const core::Actor& actor = intent.actor;
  const auto session = intent.is_push() ? std::optional(intent.session) : std::nullopt;
  return {tx.insert(
      "insert into ref_intent (repository_id, ref, from_sha, to_sha, actor_id, actor_token_id, "
      "deploy_key_id, session, request_id, created_at) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {intent.repository_id.value, intent.change.ref, intent.change.from_sha, intent.change.to_sha,
       account_value(actor), token_value(actor), id_value(actor.deploy_key_id()), session,
       actor.request_id(), to_micros(intent.created_at)})};
}

bool settle_ref_intent(sql::Writer& tx, RefIntentId id, core::RefOutcome outcome, Timestamp now) {
  return tx.execute(
             "update ref_intent set outcome = $2, settled_at = $3 where id = $1 and "
             "outcome = 'open'",
             {id.value, core::to_name(outcome), to_micros(now)}) > 0;
}

bool has_other_made(sql::Reader& db, const core::RefIntent& intent) {
  return db.number(
             "select count(*) from ref_intent where repository_id = $1 and ref = $2 and "
             "from_sha = $3 and to_sha = $4 and outcome = 'moved' and settled_at >= $5",
             {intent.repository_id.value, intent.change.ref, intent.change.from_sha,
              intent.change.to_sha, to_micros(intent.created_at)}) > 0;
}

std::vector<core::RefIntent> list_open_ref_intents(sql::Reader& db, std::string_view session) {
  static const std::string sql = select_open("and i.session = $1");
  return list(db, sql, {session});
}

std::vector<core::RefIntent> list_open_ref_intents(sql::Reader& db) {
  static const std::string sql = select_open("");
  return list(db, sql, {});
}

}  // namespace esclusa::store
