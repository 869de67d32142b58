#include "store/agent_tokens.h"

#include "store/accounts.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

std::string select_agents(std::string_view condition) {
  return "select t.id, t.name, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, "
         "t.repository_id, " +
         account_columns("a") + " from agent_token t join account a on a.id = t.account_id where " +
         std::string(condition);
}

core::AgentGrant read_agent(const sql::Row& row) {
  return {.token = {.id = {row.integer(0)},
                    .name = std::string(row.text(1)),
                    .created_at = from_micros(row.integer(2)),
                    .expires_at = read_optional_time(row, 3),
                    .last_used_at = read_optional_time(row, 4),
                    .revoked_at = read_optional_time(row, 5)},
          .repository_id = {row.integer(6)},
          .environments = {},
          .account = read_account(row, 7)};
}

void read_environments(sql::Reader& db, core::AgentGrant& grant) {
  db.each(
      "select n.id, n.name from agent_token_environment e join environment_name n on "
      "n.id = e.environment_name_id where e.agent_token_id = $1",
      {grant.token.id.value}, [&](const sql::Row& row) {
        grant.environments.emplace(EnvironmentNameId{row.integer(0)}, row.text(1));
      });
}

std::optional<core::AgentGrant> completed(sql::Reader& db, std::optional<core::AgentGrant> grant) {
  if (grant) read_environments(db, *grant);
  return grant;
}

}  // namespace

AgentTokenId insert_agent_token(sql::Writer& tx, const core::AgentGrant& grant,
                                std::string_view digest) {
  const core::AgentToken& token = grant.token;
  const AgentTokenId id{
      tx.insert("insert into agent_token (repository_id, account_id, name, digest, created_at, "
                "expires_at) values ($1, $2, $3, $4, $5, $6)",
                {grant.repository_id.value, grant.account.id.value, token.name, digest,
                 to_micros(token.created_at), time_value(token.expires_at)})};
  for (const auto& [environment, name] : grant.environments) {
    tx.execute(
        "insert into agent_token_environment (agent_token_id, environment_name_id) "
        "values ($1, $2)",
        {id.value, environment.value});
  }
  return id;
}

std::optional<core::AgentGrant> find_agent(sql::Reader& db, std::string_view digest) {
  static const std::string sql = select_agents("t.digest = $1");
  return completed(db, db.one(sql, {digest}, read_agent));
}

std::optional<core::AgentGrant> find_agent(sql::Reader& db, AgentTokenId id) {
  static const std::string sql = select_agents("t.id = $1");
  return completed(db, db.one(sql, {id.value}, read_agent));
}

Sources sources_of(const core::AgentGrant& grant) {
  // The environments of a token never change, nor do their names.
  return Sources().row("agent_token", grant.token.id.value).row("account", grant.account.id.value);
}

std::vector<core::AgentGrant> list_agents(sql::Reader& db, RepositoryId repository) {
  static const std::string sql = select_agents("t.repository_id = $1 order by t.id");
  auto grants = db.all(sql, {repository.value}, read_agent);
  for (core::AgentGrant& grant : grants) read_environments(db, grant);
  return grants;
}

bool revoke_agent_token(sql::Writer& tx, AgentTokenId id, Timestamp now) {
  tx.execute("delete from agent_seen where agent_token_id = $1", {id.value});
  return tx.execute("update agent_token set revoked_at = $2 where id = $1 and revoked_at is null",
                    {id.value, to_micros(now)}) == 1;
}

void touch_agent_token(sql::Writer& tx, AgentTokenId id, Timestamp now) {
  tx.execute("update agent_token set last_used_at = $2 where id = $1", {id.value, to_micros(now)});
}

}  // namespace esclusa::store
