#include "store/hooks.h"

#include "base/text.h"
#include "sql/inspect.h"
#include "store/columns.h"
#include "store/hook_rows.h"

namespace esclusa::store {
namespace {

std::optional<std::string> sealed(const Sealer& sealer, const std::string& context,
                                  const Secret& secret) {
  if (secret.empty()) return std::nullopt;
  return sealer.seal(context, secret);
}

std::string_view target_column(const core::HookTarget& target) {
  constexpr std::string_view columns[] = {"repository_id", "organization_id", "app_id"};
  return columns[target.index()];
}

int64_t target_value(const core::HookTarget& target) {
  return std::visit([](auto id) { return id.value; }, target);
}

std::string select_hooks(const core::HookTarget& target, std::string_view rest) {
  return "select " + hook_columns() + " from hook h" + std::string(hook_creator_join) + "where h." +
         std::string(target_column(target)) + " = $1 and h.deleted_at is null " + std::string(rest);
}

void read_secrets(const sql::Row& row, const Sealer& sealer, int first, core::Hook& hook) {
  if (!row.is_null(first)) {
    if (auto secret = sealer.unseal(hook_secret_context(hook.id), row.text(first))) {
      hook.secret = *secret;
    } else {
      hook.has_unreadable_secret = true;
    }
  }
  if (row.is_null(first + 1)) return;
  if (auto former = sealer.unseal(hook_secret_context(hook.id), row.text(first + 1))) {
    hook.former_secret = core::FormerSecret{*former, from_micros(row.integer(first + 2))};
  }
}

void read_credentials(const sql::Row& row, const Sealer& sealer, int column, core::Hook& hook) {
  if (row.is_null(column)) return;
  if (auto credentials = sealer.unseal(hook_credentials_context(hook.id), row.text(column))) {
    hook.credentials = *credentials;
  } else {
    hook.has_unreadable_credentials = true;
  }
}

/// Writes the secrets, which need the hook's id.
void write_secrets(sql::Writer& tx, const Sealer& sealer, const core::Hook& hook) {
  std::optional<std::string> former;
  std::optional<int64_t> until;
  if (hook.former_secret) {
    former = sealed(sealer, hook_secret_context(hook.id), hook.former_secret->secret);
    until = to_micros(hook.former_secret->until);
  }
  // A secret that cannot be unsealed is kept: the right key may come back.
  if (!hook.has_unreadable_secret) {
    tx.execute("update hook set secret_sealed = $2 where id = $1",
               {hook.id.value, sealed(sealer, hook_secret_context(hook.id), hook.secret)});
  }
  if (!hook.has_unreadable_credentials) {
    tx.execute(
        "update hook set credentials_sealed = $2 where id = $1",
        {hook.id.value, sealed(sealer, hook_credentials_context(hook.id), hook.credentials)});
  }
  tx.execute("update hook set former_secret_sealed = $2, former_secret_until = $3 where id = $1",
             {hook.id.value, former, until});
}

}  // namespace

std::string hook_secret_context(HookId id) { return "hook.secret:" + std::to_string(id.value); }

std::string hook_credentials_context(HookId id) {
  return "hook.credentials:" + std::to_string(id.value);
}

std::string hook_columns() {
  return "h.id, h.repository_id, h.organization_id, h.creator_id, c.login, "
         "case when c.blocked_at is null then 0 else 1 end, h.url, h.content_type, "
         "h.secret_sealed, "
         "h.former_secret_sealed, h.former_secret_until, h.insecure_ssl, h.events, h.active, "
         "h.retry, h.when_superseded, h.last_code, h.last_status, h.last_message, "
         "h.failure_count, h.failing_since, h.probe_at, h.created_at, h.updated_at, "
         "h.credentials_sealed, h.app_id";
}

core::HookHealth read_hook_health(const sql::Row& row, int first) {
  return {static_cast<int>(row.integer(first)), read_optional_time(row, first + 1),
          read_optional_time(row, first + 2)};
}

core::Hook read_hook(const sql::Row& row, const Sealer& sealer, int first) {
  core::Hook hook;
  hook.id = {row.integer(first)};
  if (auto organization = read_optional_id<AccountId>(row, first + 2)) {
    hook.target = *organization;
  } else if (auto app = read_optional_id<AppId>(row, first + 25)) {
    hook.target = *app;
  } else {
    hook.target = RepositoryId{row.integer(first + 1)};
  }
  hook.creator = {
      {row.integer(first + 3)}, std::string(row.text(first + 4)), row.boolean(first + 5)};
  hook.url = row.text(first + 6);
  read_credentials(row, sealer, first + 24, hook);
  hook.content_type = read_enum<core::HookContentType>(row, first + 7);
  read_secrets(row, sealer, first + 8, hook);
  hook.insecure_ssl = row.boolean(first + 11);
  hook.events = read_list(row, first + 12, ',');
  hook.active = row.boolean(first + 13);
  hook.retry = read_enum<core::HookRetry>(row, first + 14);
  hook.when_superseded = read_enum<core::WhenSuperseded>(row, first + 15);
  if (auto code = row.optional_integer(first + 16)) {
    hook.last_response.code = static_cast<int>(*code);
  }
  hook.last_response.status = row.text(first + 17);
  hook.last_response.message = row.optional_text(first + 18);
  hook.health = read_hook_health(row, first + 19);
  hook.created_at = from_micros(row.integer(first + 22));
  hook.updated_at = from_micros(row.integer(first + 23));
  return hook;
}

HookId insert_hook(sql::Writer& tx, const Sealer& sealer, const core::Hook& hook,
                   AccountId creator) {
  core::Hook inserted = hook;
  inserted.id = {tx.number(
      "insert into hook (" + std::string(target_column(hook.target)) +
          ", url, content_type, insecure_ssl, events, active, retry, when_superseded, creator_id, "
          "created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) "
          "returning id",
      {target_value(hook.target), hook.url, core::to_name(hook.content_type), hook.insecure_ssl,
       join(hook.events, ","), hook.active, core::to_name(hook.retry),
       core::to_name(hook.when_superseded), creator.value, to_micros(hook.created_at)})};
  write_secrets(tx, sealer, inserted);
  return inserted.id;
}

void update_hook(sql::Writer& tx, const Sealer& sealer, const core::Hook& hook) {
  tx.execute(
      "update hook set url = $2, content_type = $3, insecure_ssl = $4, events = $5, active = $6, "
      "retry = $7, when_superseded = $8, creator_id = $9, updated_at = $10 where id = $1",
      {hook.id.value, hook.url, core::to_name(hook.content_type), hook.insecure_ssl,
       join(hook.events, ","), hook.active, core::to_name(hook.retry),
       core::to_name(hook.when_superseded), hook.creator.id.value, to_micros(hook.updated_at)});
  write_secrets(tx, sealer, hook);
}

std::optional<core::Hook> find_hook(sql::Reader& db, const Sealer& sealer,
                                    const core::HookTarget& target, HookId id) {
  return db.one(select_hooks(target, "and h.id = $2"), {target_value(target), id.value},
                [&](const sql::Row& row) { return read_hook(row, sealer); });
}

std::optional<HookId> find_app_hook(sql::Reader& db, AppId app) {
  return db.one("select id from hook where app_id = $1 and deleted_at is null", {app.value},
                [](const sql::Row& row) { return HookId{row.integer(0)}; });
}

bool has_hook(sql::Reader& db, const core::HookTarget& target, HookId id) {
  return db.number("select count(*) from hook where " + std::string(target_column(target)) +
                       " = $1 and id = $2 and deleted_at is null",
                   {target_value(target), id.value}) > 0;
}

std::vector<CreatedHook> list_hooks_of(sql::Reader& db, AccountId creator) {
  return db.all(
      "select id, active from hook where creator_id = $1 and deleted_at is null order by id",
      {creator.value},
      [](const sql::Row& row) { return CreatedHook{{row.integer(0)}, row.boolean(1)}; });
}

std::vector<PlacedHook> list_placed_hooks_of(sql::Reader& db, AccountId creator) {
  return db.all(
      "select h.id, o.id, case when r.id is null then o.login else o.login || '/' || r.name end, "
      "h.url from hook h left join repository r on r.id = h.repository_id "
      "join account o on o.id = coalesce(r.owner_id, h.organization_id) "
      "where h.creator_id = $1 and h.deleted_at is null and r.removed_at is null order by h.id",
      {creator.value}, [](const sql::Row& row) {
        return PlacedHook{
            {row.integer(0)}, {row.integer(1)}, std::string(row.text(2)), std::string(row.text(3))};
      });
}

std::vector<core::Hook> list_hooks(sql::Reader& db, const Sealer& sealer,
                                   const core::HookTarget& target) {
  return db.all(select_hooks(target, "order by h.id"), {target_value(target)},
                [&](const sql::Row& row) { return read_hook(row, sealer); });
}

bool unseals_secrets(sql::Reader& db, const Sealer& sealer) {
  if (!sql::has_table(db, "hook")) return true;
  bool is_sealed = false;
  bool unseals = false;
  db.each("select id, secret_sealed from hook where secret_sealed is not null", {},
          [&](const sql::Row& row) {
            is_sealed = true;
            if (unseals) return;
            unseals = sealer.unseal(hook_secret_context({row.integer(0)}), row.text(1)).has_value();
          });
  return unseals || !is_sealed;
}

void cancel_deliveries(sql::Writer& tx, HookId app_hook, InstallationId installation) {
  tx.execute("update delivery set state = 'cancelled' where " + std::string(waits_for_hook) +
                 " and installation_id = $2",
             {app_hook.value, installation.value});
}

void cancel_deliveries(sql::Writer& tx, HookId app_hook, InstallationId installation,
                       std::string_view kind) {
  tx.execute("update delivery set state = 'cancelled' where " + std::string(waits_for_hook) +
                 " and installation_id = $2 and exists (select 1 from event e where "
                 "e.id = delivery.event_id and e.kind = $3)",
             {app_hook.value, installation.value, kind});
}

void delete_hook(sql::Writer& tx, HookId id, Timestamp now) {
  tx.execute("update hook set deleted_at = $2 where id = $1", {id.value, to_micros(now)});
  tx.execute("update delivery set state = 'cancelled' where " + std::string(waits_for_hook),
             {id.value});
  tx.execute(
      "delete from redelivery where exists (select 1 from delivery d where "
      "d.id = redelivery.delivery_id and d.hook_id = $1)",
      {id.value});
}

}  // namespace esclusa::store
