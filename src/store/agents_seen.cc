#include "store/agents_seen.h"

#include "store/columns.h"

namespace esclusa::store {
namespace {

constexpr std::string_view seen_columns =
    "s.last_seen_at, s.feed_read_at, s.address, s.version, s.last_action";

core::AgentSeen read_seen(const sql::Row& row, int column) {
  return {.last_seen_at = from_micros(row.integer(column)),
          .feed_read_at = read_optional_time(row, column + 1),
          .address = std::string(row.text(column + 2)),
          .version = std::string(row.text(column + 3)),
          .last_action = std::string(row.text(column + 4))};
}

/// A statement for a kind of token, whose column in `agent_seen` is that.
std::string note_statement(const std::string& table, const std::string& column) {
  return "insert into agent_seen (" + column +
         ", last_seen_at, feed_read_at, address, version, last_action) "
         "select id, $2, $3, $4, $5, $6 from " +
         table + " where id = $1 and revoked_at is null on conflict (" + column +
         ") do update set last_seen_at = excluded.last_seen_at, "
         "feed_read_at = coalesce(excluded.feed_read_at, agent_seen.feed_read_at), "
         "address = excluded.address, version = excluded.version, "
         "last_action = excluded.last_action "
         "where agent_seen.last_seen_at <= excluded.last_seen_at";
}

/// `id, name, account, created_at, expires_at, repository's owner and name` before those of
/// `seen_columns`; the last two columns may be empty.
template <class AnyId>
core::ListedAgent read_listed(const sql::Row& row) {
  core::ListedAgent agent{.credential = AnyId{row.integer(0)},
                          .name = std::string(row.text(1)),
                          .account = std::string(row.text(2)),
                          .repository = std::string(row.text(5)),
                          .created_at = from_micros(row.integer(3)),
                          .expires_at = read_optional_time(row, 4)};
  if (!row.is_null(6)) agent.seen = read_seen(row, 6);
  return agent;
}

}  // namespace

void note_agent_seen(Writer& tx, const core::AgentCredential& credential,
                     const core::AgentSeen& seen) {
  static const std::string of_agent = note_statement("agent_token", "agent_token_id");
  static const std::string of_account = note_statement("token", "token_id");
  const auto* agent = std::get_if<AgentTokenId>(&credential);
  const int64_t id = agent != nullptr ? agent->value : std::get<TokenId>(credential).value;
  tx.execute(agent != nullptr ? of_agent : of_account,
             {id, to_micros(seen.last_seen_at), time_value(seen.feed_read_at), seen.address,
              seen.version, seen.last_action});
}

std::optional<core::AgentSeen> find_agent_seen(Reader& db, AgentTokenId id) {
  static const std::string sql =
      "select " + std::string(seen_columns) + " from agent_seen s where s.agent_token_id = $1";
  return db.one(sql, {id.value}, [](const sql::Row& row) { return read_seen(row, 0); });
}

std::vector<core::ListedAgent> list_agent_tokens_seen(Reader& db,
                                                      std::optional<RepositoryId> repository,
                                                      int limit) {
  const std::string select =
      "select t.id, t.name, a.login, t.created_at, t.expires_at, o.login || '/' || r.name, " +
      std::string(seen_columns) +
      " from agent_token t join account a on a.id = t.account_id "
      "join repository r on r.id = t.repository_id join account o on o.id = r.owner_id "
      "left join agent_seen s on s.agent_token_id = t.id where t.revoked_at is null ";
  if (repository) {
    return db.all(select + "and t.repository_id = $1 order by t.id desc limit $2",
                  {repository->value, limit}, read_listed<AgentTokenId>);
  }
  return db.all(select + "order by t.id desc limit $1", {limit}, read_listed<AgentTokenId>);
}

std::vector<core::ListedAgent> list_account_tokens_seen(Reader& db, int limit) {
  static const std::string sql =
      "select t.id, t.name, a.login, t.created_at, t.expires_at, '', " + std::string(seen_columns) +
      " from agent_seen s join token t on t.id = s.token_id "
      "join account a on a.id = t.account_id "
      "where s.token_id is not null and t.revoked_at is null order by s.token_id desc limit $1";
  return db.all(sql, {limit}, read_listed<TokenId>);
}

}  // namespace esclusa::store
