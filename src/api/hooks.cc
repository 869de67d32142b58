#include "api/hooks.h"

#include "api/pagination.h"
#include "api/route_tables.h"
#include "app/app_hooks.h"
#include "app/hooks.h"
#include "core/hook_destination.h"
#include "core/operations/hooks.h"
#include "http/outbound.h"
#include "wire/hook.h"

namespace esclusa::api {

namespace {

/// Whether it is about the own webhook of an app.
bool is_of_app(const Call& call) {
  return call.actor.app() != nullptr && call.actor.installation() == nullptr;
}

}  // namespace

app::HookScope hook_scope(const Call& call) {
  if (is_of_app(call)) return app::HookScope(call.actor, *call.actor.app());
  if (call.organization_access) return *call.organization_access;
  return call.access();
}

Result<HookId> hook_id(const Call& call, app::Reader& db) {
  if (!is_of_app(call)) return call.id<HookId>("hook_id");
  return app::find_app_hook(db, hook_scope(call));
}

Result<HookId> hook_id(const Call& call) {
  if (!is_of_app(call)) return call.id<HookId>("hook_id");
  return call.context.database.read([&](app::Reader& db) { return hook_id(call, db); });
}

namespace {

/// Splits with libcurl, which sends the deliveries.
std::optional<core::UrlTarget> split_url(const std::string& text) {
  auto url = http::parse_url(text);
  if (!url) return std::nullopt;
  return core::UrlTarget{std::move(url->host), url->has_credentials};
}

}  // namespace

Result<void> check_url(const Call& call, const std::string& text) {
  return core::check_hook_url(text, split_url, call.settings.hook_destinations);
}

namespace {

http::Response config_response(const core::Hook& hook) {
  JsonWriter json;
  wire::write_hook_config(json, hook);
  return json_response(200, std::move(json));
}

http::Response hook_response(const Call& call, int status, const core::Hook& hook) {
  JsonWriter json;
  wire::write_hook(json, hook, hook_scope(call).owner, call.urls);
  return json_response(status, std::move(json));
}

Result<http::Response> list_hooks(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const app::HookScope scope = hook_scope(call);
  auto hooks = TRY(app::list_hooks(call.context, db, scope));
  // At most limits::hooks_per_event for each of a few dozen events, so SQL need not cut pages.
  core::Listing<core::Hook> listing;
  listing.total_count = static_cast<int64_t>(hooks.size());
  const auto items = page.cut(hooks);
  listing.items.assign(items.begin(), items.end());
  return list_response(call, page, listing, [&](auto& json, const core::Hook& hook) {
    wire::write_hook(json, hook, scope.owner, call.urls);
  });
}

Result<http::Response> create_hook(const Call& call) {
  const core::HookInput input = TRY(wire::parse_new_hook(call.request.body));
  if (input.config) TRY(check_url(call, input.config->url));
  const app::HookScope scope = hook_scope(call);
  auto hook = TRY(app::create_hook(call.context, scope, input));
  http::Response response = hook_response(call, 201, hook);
  response.headers.add("Location", call.urls.hook(scope.owner, hook.id));
  return response;
}

Result<http::Response> get_hook(const Call& call, app::Reader& db) {
  const auto id = TRY(hook_id(call, db));
  return hook_response(call, 200, TRY(app::get_hook(call.context, db, hook_scope(call), id)));
}

Result<http::Response> update_hook(const Call& call) {
  const auto id = TRY(hook_id(call));
  const core::HookInput input = TRY(wire::parse_hook_changes(call.request.body));
  if (input.config) TRY(check_url(call, input.config->url));
  return hook_response(call, 200, TRY(app::update_hook(call.context, hook_scope(call), id, input)));
}

Result<http::Response> get_hook_config(const Call& call, app::Reader& db) {
  const auto id = TRY(hook_id(call, db));
  return config_response(TRY(app::get_hook(call.context, db, hook_scope(call), id)));
}

Result<http::Response> update_hook_config(const Call& call) {
  const auto id = TRY(hook_id(call));
  const auto changes = TRY(wire::parse_hook_config_changes(call.request.body));
  if (changes.url) TRY(check_url(call, *changes.url));
  return config_response(TRY(app::update_hook_config(call.context, hook_scope(call), id, changes)));
}

Result<http::Response> update_app_hook_config(const Call& call) {
  const auto changes = TRY(wire::parse_hook_config_changes(call.request.body));
  if (changes.url) TRY(check_url(call, *changes.url));
  return config_response(TRY(app::set_app_hook(call.context, hook_scope(call), changes)));
}

Result<http::Response> delete_hook(const Call& call) {
  TRY(app::delete_hook(call.context, hook_scope(call), TRY(hook_id(call))));
  return no_content();
}

Result<http::Response> ping_hook(const Call& call) {
  TRY(app::ping_hook(call.context, hook_scope(call), TRY(hook_id(call))));
  return no_content();
}

Result<http::Response> test_hook(const Call& call) {
  TRY(app::test_hook(call.context, call.access(), TRY(hook_id(call))));
  return no_content();
}

Result<http::Response> rotate_hook_secret(const Call& call) {
  const auto id = TRY(hook_id(call));
  const auto rotation = TRY(wire::parse_secret_rotation(call.request.body));
  return hook_response(call, 200,
                       TRY(app::rotate_hook_secret(call.context, hook_scope(call), id, rotation)));
}

Result<http::Response> adopt_hook(const Call& call) {
  const auto id = TRY(hook_id(call));
  return hook_response(call, 200, TRY(app::adopt_hook(call.context, hook_scope(call), id)));
}

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/hooks", &operations::list_hooks, reads_hooks, Lane::rows,
     "repos/webhooks#list-repository-webhooks", list_hooks},
    {"POST", REPOSITORY "/hooks", &operations::create_hook, writes_hooks, Lane::commit,
     "repos/webhooks#create-a-repository-webhook", create_hook},
    {"GET", HOOK, &operations::get_hook, reads_hooks, Lane::loop,
     "repos/webhooks#get-a-repository-webhook", get_hook},
    {"PATCH", HOOK, &operations::update_hook, writes_hooks, Lane::commit,
     "repos/webhooks#update-a-repository-webhook", update_hook},
    {"DELETE", HOOK, &operations::delete_hook, "admin:repo_hook, public_repo, repo", Lane::commit,
     "repos/webhooks#delete-a-repository-webhook", delete_hook},
    {"POST", HOOK "/pings", &operations::ping_hook, reads_hooks, Lane::commit,
     "repos/webhooks#ping-a-repository-webhook", ping_hook},
    {"POST", HOOK "/tests", &operations::test_hook, reads_hooks, Lane::commit,
     "repos/webhooks#test-the-push-repository-webhook", test_hook},
    {"POST", HOOK "/test", &operations::test_hook, reads_hooks, Lane::commit,
     "repos/webhooks#test-the-push-repository-webhook", test_hook},
    {"GET", HOOK "/config", &operations::get_hook_config, reads_hooks, Lane::loop,
     "repos/webhooks#get-a-webhook-configuration-for-a-repository", get_hook_config},
    {"PATCH", HOOK "/config", &operations::update_hook_config, writes_hooks, Lane::commit,
     "repos/webhooks#update-a-webhook-configuration-for-a-repository", update_hook_config},
    {"PUT", ESCLUSA HOOK "/secret", &operations::rotate_hook_secret, writes_hooks, Lane::commit, "",
     rotate_hook_secret},
    {"PUT", ESCLUSA HOOK "/owner", &operations::adopt_hook, writes_hooks, Lane::commit, "",
     adopt_hook},
    {"GET", APP_HOOK "/config", &operations::get_app_hook_config, "", Lane::loop,
     "apps/webhooks#get-a-webhook-configuration-for-an-app", get_hook_config},
    {"PATCH", APP_HOOK "/config", &operations::update_app_hook_config, "", Lane::commit,
     "apps/webhooks#update-a-webhook-configuration-for-an-app", update_app_hook_config},
    {"GET", ORG_HOOKS, &operations::list_organization_hooks, org_hooks, Lane::rows,
     "orgs/webhooks#list-organization-webhooks", list_hooks},
    {"POST", ORG_HOOKS, &operations::create_organization_hook, org_hooks, Lane::commit,
     "orgs/webhooks#create-an-organization-webhook", create_hook},
    {"GET", ORG_HOOK, &operations::get_organization_hook, org_hooks, Lane::loop,
     "orgs/webhooks#get-an-organization-webhook", get_hook},
    {"PATCH", ORG_HOOK, &operations::update_organization_hook, org_hooks, Lane::commit,
     "orgs/webhooks#update-an-organization-webhook", update_hook},
    {"DELETE", ORG_HOOK, &operations::delete_organization_hook, org_hooks, Lane::commit,
     "orgs/webhooks#delete-an-organization-webhook", delete_hook},
    {"POST", ORG_HOOK "/pings", &operations::ping_organization_hook, org_hooks, Lane::commit,
     "orgs/webhooks#ping-an-organization-webhook", ping_hook},
    {"GET", ORG_HOOK "/config", &operations::get_organization_hook_config, org_hooks, Lane::loop,
     "orgs/webhooks#get-a-webhook-configuration-for-an-organization", get_hook_config},
    {"PATCH", ORG_HOOK "/config", &operations::update_organization_hook_config, org_hooks,
     Lane::commit, "orgs/webhooks#update-a-webhook-configuration-for-an-organization",
     update_hook_config},
    {"PUT", ESCLUSA ORG_HOOK "/secret", &operations::rotate_organization_hook_secret, org_hooks,
     Lane::commit, "", rotate_hook_secret},
    {"PUT", ESCLUSA ORG_HOOK "/owner", &operations::adopt_organization_hook, org_hooks,
     Lane::commit, "", adopt_hook},
};
// clang-format on

}  // namespace

std::span<const Route> hooks_routes() { return table; }

}  // namespace esclusa::api
