#include "api/hooks.h"
#include "api/route_tables.h"
#include "app/app_hooks.h"
#include "app/app_permissions.h"
#include "app/apps.h"
#include "core/app_claims.h"
#include "core/operations/apps.h"
#include "wire/app.h"
#include "wire/hook.h"
#include "wire/json_body.h"
#include "wire/list.h"

/// The handlers of `esclusa app`, reached through the administrator's unix socket.
namespace esclusa::api {
namespace {

void write_key(JsonWriter& json, const core::AppKey& key) {
  json.begin_object()
      .member("id", key.id.value)
      .member("fingerprint", key.fingerprint)
      .member("created_at", key.created_at)
      .end_object();
}

void write_installation(JsonWriter& json, const core::Installation& installation) {
  json.begin_object()
      .member("id", installation.id.value)
      .member("account", installation.account.login)
      .member("repository_selection", core::to_name(installation.selection))
      .member("permissions", installation.permissions.to_text())
      .key("events");
  wire::write_texts(json, installation.events);
  json.member("suspended_at", installation.suspended_at).end_object();
}

void write_overview(JsonWriter& json, const app::AppOverview& overview) {
  const core::App& app = overview.app;
  json.begin_object()
      .member("id", app.id.value)
      .member("slug", app.slug)
      .member("client_id", core::client_id(app.id))
      .member("owner", app.owner.login)
      .member("bot", app.bot.login)
      .member("permissions", app.permissions.to_text())
      .key("events");
  wire::write_texts(json, app.events);
  json.member("created_at", app.created_at).key("keys");
  wire::write_list(json, overview.keys, write_key);
  json.key("installations");
  wire::write_list(json, overview.installations, write_installation);
  json.end_object();
}

void write_remains(JsonWriter& json, const app::AppRemains& remains) {
  json.begin_object().member("bot", remains.bot).key("hooks");
  wire::write_list(json, remains.hooks, [](JsonWriter& to, const store::PlacedHook& hook) {
    to.begin_object()
        .member("id", hook.id.value)
        .member("place", hook.place)
        .member("url", hook.url)
        .end_object();
  });
  json.key("keys");
  wire::write_list(json, remains.keys, [](JsonWriter& to, const store::PlacedKey& key) {
    to.begin_object()
        .member("id", key.id.value)
        .member("place", key.place)
        .member("title", key.title)
        .end_object();
  });
  json.end_object();
}

template <class T, class Write>
http::Response one_response(int status, const T& item, Write write) {
  JsonWriter json;
  write(json, item);
  return json_response(status, std::move(json));
}

Result<http::Response> admin_list_apps(const Call&, app::Reader& db) {
  JsonWriter json;
  wire::write_list(json, TRY(app::list_apps(db)), write_overview);
  return json_response(200, std::move(json));
}

Result<http::Response> admin_create_app(const Call& call) {
  const auto body = TRY(wire::JsonBody::parse(call.request.body));
  app::NewApp input;
  input.name = TRY(body.required_string("name"));
  input.owner = TRY(body.required_string("owner"));
  input.description = TRY(body.string_or("description", ""));
  input.external_url = TRY(body.string_or("external_url", ""));
  input.human = TRY(body.string_or("human", ""));
  input.permissions = TRY(core::Permissions::parse(TRY(body.string_or("permissions", ""))));
  input.events = TRY(body.optional_strings("events")).value_or(input.events);
  input.public_key = TRY(body.required_string("public_key"));
  return one_response(201, TRY(app::create_app(call.context, call.actor, input)), write_overview);
}

Result<http::Response> admin_change_app(const Call& call) {
  const auto body = TRY(wire::JsonBody::parse(call.request.body));
  app::AppChange wanted;
  if (body.find("permissions")) {
    wanted.permissions = TRY(core::Permissions::parse(TRY(body.required_string("permissions"))));
  }
  wanted.events = TRY(body.optional_strings("events"));
  wanted.accepted = TRY(body.optional_boolean("accepted")).value_or(false);
  return one_response(
      200, TRY(app::change_app(call.context, call.actor, call.parameter("app_slug"), wanted)),
      write_overview);
}

Result<http::Response> admin_remove_app(const Call& call) {
  return one_response(200,
                      TRY(app::remove_app(call.context, call.actor, call.parameter("app_slug"))),
                      write_remains);
}

Result<http::Response> admin_add_app_key(const Call& call) {
  const auto body = TRY(wire::JsonBody::parse(call.request.body));
  const std::string key = TRY(body.required_string("public_key"));
  return one_response(
      201, TRY(app::add_app_key(call.context, call.actor, call.parameter("app_slug"), key)),
      write_key);
}

Result<http::Response> admin_remove_app_key(const Call& call) {
  TRY(app::remove_app_key(call.context, call.actor, call.parameter("app_slug"),
                          TRY(call.id<AppKeyId>("key_id"))));
  return no_content();
}

Result<http::Response> admin_set_app_hook(const Call& call) {
  const auto changes = TRY(wire::parse_hook_config_changes(call.request.body));
  if (changes.url) TRY(check_url(call, *changes.url));
  return one_response(
      200, TRY(app::set_app_hook(call.context, call.actor, call.parameter("app_slug"), changes)),
      wire::write_hook_config);
}

Result<http::Response> admin_remove_app_hook(const Call& call) {
  TRY(app::remove_app_hook(call.context, call.actor, call.parameter("app_slug")));
  return no_content();
}

app::InstallationPlace place_of(const Call& call) {
  return {call.parameter("app_slug"), call.parameter("account")};
}

Result<http::Response> admin_install_app(const Call& call) {
  const auto body = TRY(wire::JsonBody::parse(call.request.body));
  const auto repositories = TRY(body.optional_strings("repositories"));
  return one_response(200,
                      TRY(app::install_app(call.context, call.actor, place_of(call),
                                           repositories.value_or(std::vector<std::string>()))),
                      write_installation);
}

Result<http::Response> admin_uninstall_app(const Call& call) {
  return one_response(200, TRY(app::remove_installation(call.context, call.actor, place_of(call))),
                      write_remains);
}

Result<http::Response> admin_suspend_app(const Call& call) {
  return one_response(
      200, TRY(app::suspend_installation(call.context, call.actor, place_of(call), true)),
      write_installation);
}

Result<http::Response> admin_unsuspend_app(const Call& call) {
  return one_response(
      200, TRY(app::suspend_installation(call.context, call.actor, place_of(call), false)),
      write_installation);
}

#define APP "/esclusa/admin/apps/{app_slug}"
#define INSTALLED APP "/installations/{account}"

// clang-format off
const Route table[] = {
    {"GET", "/esclusa/admin/apps", &operations::admin_list_apps, "", Lane::rows, "",
     admin_list_apps},
    {"POST", "/esclusa/admin/apps", &operations::admin_create_app, "", Lane::commit, "",
     admin_create_app},
    {"PUT", APP "/permissions", &operations::admin_change_app, "", Lane::commit, "",
     admin_change_app},
    {"DELETE", APP, &operations::admin_remove_app, "", Lane::commit, "", admin_remove_app},
    {"POST", APP "/keys", &operations::admin_add_app_key, "", Lane::commit, "", admin_add_app_key},
    {"DELETE", APP "/keys/{key_id}", &operations::admin_remove_app_key, "", Lane::commit, "",
     admin_remove_app_key},
    {"PUT", APP "/hook", &operations::admin_set_app_hook, "", Lane::commit, "",
     admin_set_app_hook},
    {"DELETE", APP "/hook", &operations::admin_remove_app_hook, "", Lane::commit, "",
     admin_remove_app_hook},
    {"PUT", INSTALLED, &operations::admin_install_app, "", Lane::commit, "", admin_install_app},
    {"DELETE", INSTALLED, &operations::admin_uninstall_app, "", Lane::commit, "",
     admin_uninstall_app},
    {"PUT", INSTALLED "/suspended", &operations::admin_suspend_app, "", Lane::commit, "",
     admin_suspend_app},
    {"DELETE", INSTALLED "/suspended", &operations::admin_unsuspend_app, "", Lane::commit, "",
     admin_unsuspend_app},
};
// clang-format on

}  // namespace

std::span<const Route> app_administration_routes() { return table; }

}  // namespace esclusa::api
