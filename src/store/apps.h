#pragma once
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/app.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Inserts the app; nullopt if the slug is taken, also by a removed app. `app.id` is ignored.
std::optional<AppId> insert_app(sql::Writer& tx, const core::App& app);
/// Writes the permissions, the events and `updated_at`.
void update_app(sql::Writer& tx, const core::App& app);
/// The app, also a removed one.
std::optional<core::App> find_app(sql::Reader& db, AppId id);
/// The same, to be shared; null for no id.
std::shared_ptr<const core::App> find_shared_app(sql::Reader& db, std::optional<AppId> id);
/// For a column that names the app by which something was made.
inline std::optional<int64_t> app_value(const std::shared_ptr<const core::App>& app) {
  return app ? std::optional(app->id.value) : std::nullopt;
}
/// The app that is not removed; the slug is compared without regard to case.
std::optional<core::App> find_app(sql::Reader& db, std::string_view slug);
/// The app whose bot the account is, also a removed one.
std::optional<AppId> find_app_of_bot(sql::Reader& db, AccountId account);
/// Those that are not removed, by slug.
std::vector<core::App> list_apps(sql::Reader& db);
/// Removes the app, its installations and its keys. Its bot and its slug stay.
void remove_app(sql::Writer& tx, AppId id, Timestamp now);

AppKeyId insert_app_key(sql::Writer& tx, const core::AppKey& key);
/// Oldest first.
std::vector<core::AppKey> list_app_keys(sql::Reader& db, AppId app);
/// False if the app has no such key.
bool remove_app_key(sql::Writer& tx, AppId app, AppKeyId id, Timestamp now);

}  // namespace esclusa::store
