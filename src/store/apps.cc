#include "store/apps.h"

#include "base/text.h"
#include "core/names.h"
#include "store/accounts.h"
#include "store/columns.h"

namespace esclusa::store {
namespace {

std::string select_apps(std::string_view rest) {
  return "select p.id, p.slug, p.name, p.description, p.external_url, p.permissions, p.events, "
         "p.created_at, p.updated_at, p.removed_at, " +
         account_columns("o") + ", " + account_columns("b") +
         " from app p join account o on o.id = p.owner_id join account b on b.id = p.bot_id " +
         std::string(rest);
}

core::App read_app(const sql::Row& row) {
  constexpr int own = 10;
  return {
      .id = {row.integer(0)},
      .slug = std::string(row.text(1)),
      .name = std::string(row.text(2)),
      .description = std::string(row.text(3)),
      .external_url = std::string(row.text(4)),
      .owner = read_account(row, own),
      .bot = read_account(row, own + account_column_count),
      .permissions = read_permissions(row, 5),
      .events = read_list(row, 6, ','),
      .created_at = from_micros(row.integer(7)),
      .updated_at = from_micros(row.integer(8)),
      .removed_at = read_optional_time(row, 9),
  };
}

}  // namespace

std::optional<AppId> insert_app(sql::Writer& tx, const core::App& app) {
  return tx.one(
      "insert into app (slug, slug_key, name, description, external_url, owner_id, bot_id, "
      "permissions, events, created_at, updated_at) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) "
      "on conflict (slug_key) do nothing returning id",
      {app.slug, core::fold_case(app.slug), app.name, app.description, app.external_url,
       app.owner.id.value, app.bot.id.value, app.permissions.to_text(), join(app.events, ","),
       to_micros(app.created_at)},
      [](const sql::Row& row) { return AppId{row.integer(0)}; });
}

void update_app(sql::Writer& tx, const core::App& app) {
  tx.execute(
      "update app set permissions = $2, events = $3, updated_at = $4 where id = $1",
      {app.id.value, app.permissions.to_text(), join(app.events, ","), to_micros(app.updated_at)});
}

std::optional<core::App> find_app(sql::Reader& db, AppId id) {
  static const std::string sql = select_apps("where p.id = $1");
  return db.one(sql, {id.value}, read_app);
}

std::shared_ptr<const core::App> find_shared_app(sql::Reader& db, std::optional<AppId> id) {
  if (!id) return nullptr;
  auto app = find_app(db, *id);
  return app ? std::make_shared<const core::App>(std::move(*app)) : nullptr;
}

std::optional<core::App> find_app(sql::Reader& db, std::string_view slug) {
  static const std::string sql = select_apps("where p.slug_key = $1 and p.removed_at is null");
  return db.one(sql, {core::fold_case(slug)}, read_app);
}

std::optional<AppId> find_app_of_bot(sql::Reader& db, AccountId account) {
  return db.one("select id from app where bot_id = $1", {account.value},
                [](const sql::Row& row) { return AppId{row.integer(0)}; });
}

std::vector<core::App> list_apps(sql::Reader& db) {
  static const std::string sql = select_apps("where p.removed_at is null order by p.slug_key");
  return db.all(sql, {}, read_app);
}

void remove_app(sql::Writer& tx, AppId id, Timestamp now) {
  const int64_t at = to_micros(now);
  tx.execute("update app set removed_at = $2, updated_at = $2 where id = $1", {id.value, at});
  tx.execute("update app_key set removed_at = $2 where app_id = $1 and removed_at is null",
             {id.value, at});
  tx.execute(
      "update installation set removed_at = $2, updated_at = $2 "
      "where app_id = $1 and removed_at is null",
      {id.value, at});
}

AppKeyId insert_app_key(sql::Writer& tx, const core::AppKey& key) {
  return {
      tx.insert("insert into app_key (app_id, public_key, fingerprint, created_at) "
                "values ($1, $2, $3, $4)",
                {key.app_id.value, key.public_key, key.fingerprint, to_micros(key.created_at)})};
}

std::vector<core::AppKey> list_app_keys(sql::Reader& db, AppId app) {
  return db.all(
      "select id, app_id, public_key, fingerprint, created_at from app_key "
      "where app_id = $1 and removed_at is null order by id",
      {app.value}, [](const sql::Row& row) {
        return core::AppKey{{row.integer(0)},
                            {row.integer(1)},
                            std::string(row.text(2)),
                            std::string(row.text(3)),
                            from_micros(row.integer(4))};
      });
}

bool remove_app_key(sql::Writer& tx, AppId app, AppKeyId id, Timestamp now) {
  return tx.execute(
             "update app_key set removed_at = $3 "
             "where app_id = $1 and id = $2 and removed_at is null",
             {app.value, id.value, to_micros(now)}) > 0;
}

}  // namespace esclusa::store
