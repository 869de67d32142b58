#include "store/hooks.h"

#include "base/check.h"
#include "base/text.h"
#include "store/columns.h"
#include "store/hook_rows.h"

namespace esclusa::store {
namespace {

std::string seal_context(HookId id) { return "hook.secret:" + std::to_string(id.value); }

std::optional<std::string> sealed_secret(const Sealer& sealer, const core::Hook& hook) {
  if (hook.secret.empty()) return std::nullopt;
  return sealer.seal(seal_context(hook.id), hook.secret);
}

std::string select_hooks(std::string_view condition) {
  return "select " + hook_columns() + " from hook h where " + std::string(condition);
}

}  // namespace

std::string hook_columns() {
  return "h.id, h.repository_id, h.url, h.content_type, h.secret_sealed, h.insecure_ssl, h.events, "
         "h.active, h.last_code, h.last_status, h.last_message, h.created_at, h.updated_at";
}

core::Hook read_hook(const sql::Row& row, const Sealer& sealer, int first) {
  core::Hook hook;
  hook.id = {row.integer(first)};
  hook.repository_id = {row.integer(first + 1)};
  hook.url = row.text(first + 2);
  hook.content_type = read_enum<core::HookContentType>(row, first + 3);
  if (!row.is_null(first + 4)) {
    auto secret = sealer.unseal(seal_context(hook.id), row.text(first + 4));
    if (!secret) bug("a webhook secret does not unseal: was secret.key changed?");
    hook.secret = *secret;
  }
  hook.insecure_ssl = row.boolean(first + 5);
  for (auto event : split(row.text(first + 6), ',')) hook.events.emplace_back(event);
  hook.active = row.boolean(first + 7);
  if (auto code = row.optional_integer(first + 8))
    hook.last_response.code = static_cast<int>(*code);
  hook.last_response.status = row.text(first + 9);
  hook.last_response.message = row.optional_text(first + 10);
  hook.created_at = from_micros(row.integer(first + 11));
  hook.updated_at = from_micros(row.integer(first + 12));
  return hook;
}

HookId insert_hook(sql::Connection& tx, const Sealer& sealer, const core::Hook& hook,
                   AccountId creator) {
  core::Hook inserted = hook;
  inserted.id = {tx.number(
      "insert into hook (repository_id, url, content_type, insecure_ssl, events, active, "
      "creator_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8) "
      "returning id",
      {hook.repository_id.value, hook.url, core::to_name(hook.content_type), hook.insecure_ssl,
       join(hook.events, ","), hook.active, creator.value, to_micros(hook.created_at)})};
  // The seal is bound to the id, which exists only now.
  tx.execute("update hook set secret_sealed = $2 where id = $1",
             {inserted.id.value, sealed_secret(sealer, inserted)});
  return inserted.id;
}

void update_hook(sql::Connection& tx, const Sealer& sealer, const core::Hook& hook) {
  tx.execute(
      "update hook set url = $2, content_type = $3, secret_sealed = $4, insecure_ssl = $5, "
      "events = $6, active = $7, updated_at = $8 where id = $1",
      {hook.id.value, hook.url, core::to_name(hook.content_type), sealed_secret(sealer, hook),
       hook.insecure_ssl, join(hook.events, ","), hook.active, to_micros(hook.updated_at)});
}

std::optional<core::Hook> find_hook(sql::Connection& db, const Sealer& sealer,
                                    RepositoryId repository, HookId id) {
  static const std::string sql =
      select_hooks("h.id = $1 and h.repository_id = $2 and h.deleted_at is null");
  return db.one(sql, {id.value, repository.value},
                [&](const sql::Row& row) { return read_hook(row, sealer); });
}

std::vector<core::Hook> list_hooks(sql::Connection& db, const Sealer& sealer,
                                   RepositoryId repository) {
  static const std::string sql =
      select_hooks("h.repository_id = $1 and h.deleted_at is null order by h.id");
  return db.all(sql, {repository.value},
                [&](const sql::Row& row) { return read_hook(row, sealer); });
}

void delete_hook(sql::Connection& tx, HookId id, Timestamp now) {
  tx.execute("update hook set deleted_at = $2 where id = $1", {id.value, to_micros(now)});
  tx.execute("update delivery set state = 'cancelled' where hook_id = $1 and state = 'pending'",
             {id.value});
  tx.execute(
      "delete from redelivery where exists (select 1 from delivery d where "
      "d.id = redelivery.delivery_id and d.hook_id = $1)",
      {id.value});
}

}  // namespace esclusa::store
