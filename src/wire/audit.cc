#include "wire/audit.h"

namespace esclusa::wire {
namespace {

/// `{"id": 7, "name": "web-1"}`, or null.
void write_named(JsonWriter& json, std::string_view key, std::string_view name,
                 const std::optional<core::AuditRow::Named>& named) {
  json.key(key);
  if (!named) return void(json.value(nullptr));
  json.begin_object().member("id", named->id).member(name, named->name).end_object();
}

std::string_view type_of(core::AccountKind kind) {
  switch (kind) {
    case core::AccountKind::user: return "User";
    case core::AccountKind::organization: return "Organization";
    case core::AccountKind::bot: return "Bot";
  }
  return "User";
}

void write_actor(JsonWriter& json, const core::AuditRow& row) {
  json.key("actor");
  if (!row.actor) return void(json.value(nullptr));
  json.begin_object().member("id", row.actor->id).member("login", row.actor->name).key("type");
  row.actor_kind ? json.value(type_of(*row.actor_kind)) : json.value(nullptr);
  json.end_object();
}

void write_repository(JsonWriter& json, const core::AuditRow& row) {
  json.key("repository");
  if (!row.repository) return void(json.value(nullptr));
  json.begin_object()
      .member("id", row.repository->id)
      .member("full_name", row.repository->name)
      .member("removed", row.is_repository_removed)
      .end_object();
}

}  // namespace

void write_audit(JsonWriter& json, const core::AuditRow& row) {
  json.begin_object().member("id", row.id.value).member("at", row.at).member("action", row.action);
  write_actor(json, row);
  write_named(json, "token", "name", row.token);
  write_named(json, "deploy_key", "title", row.deploy_key);
  write_named(json, "agent", "name", row.agent);
  json.member("app", row.app).member("system_user", row.system_user);
  write_repository(json, row);
  json.member("target_id", row.target_id).member("request_id", row.request_id).key("detail");
  json.raw(row.detail).end_object();
}

}  // namespace esclusa::wire
