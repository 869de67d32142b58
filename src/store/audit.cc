#include "store/audit.h"

#include "store/columns.h"

namespace esclusa::store {

void insert_audit(sql::Writer& tx, const core::Actor& actor, const AuditEntry& entry,
                  Timestamp now) {
  tx.execute(
      "insert into audit (at, action, actor_id, actor_token_id, deploy_key_id, repository_id, "
      "target_id, request_id, detail, agent_token_id, system_user) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      {to_micros(now), entry.action, account_value(actor), token_value(actor),
       id_value(actor.deploy_key_id()), id_value(entry.repository_id), entry.target_id,
       actor.request_id(), entry.detail, agent_token_value(actor),
       actor.system_user() != nullptr ? sql::Parameter(*actor.system_user())
                                      : sql::Parameter(std::nullopt)});
}

}  // namespace esclusa::store
