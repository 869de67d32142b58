#include "app/administration.h"
#include "api/route_tables.h"
#include "app/blocking.h"
#include "app/branch_protections.h"
#include "app/key_rotation.h"
#include "app/new_environments.h"
#include "app/repositories.h"
#include "base/keyring.h"
#include "core/operations/server.h"
#include "wire/administration.h"
#include "wire/enums.h"
#include "wire/json_body.h"
#include "wire/list.h"

/// The handlers of `esclusa user|token|org|repo`, reached through the administrator's unix socket.
namespace esclusa::api {
namespace {

http::Response registration_response(int status, const core::Registration& registration) {
  JsonWriter json;
  wire::write_registration(json, registration);
  return json_response(status, std::move(json));
}

template <class T, class Write>
http::Response list_all(const std::vector<T>& items, Write write) {
  JsonWriter json;
  wire::write_list(json, items, write);
  return json_response(200, std::move(json));
}

Result<http::Response> admin_list_accounts(const Call&, app::Reader& db) {
  return list_all(TRY(app::list_accounts(db)), wire::write_admin_account);
}

Result<http::Response> admin_create_account(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  app::NewAccount input;
  input.login = TRY(body.required_string("login"));
  input.kind = TRY(wire::optional_enum<core::AccountKind>(body, "kind")).value_or(input.kind);
  input.site_admin = TRY(body.boolean_or("site_admin", false));
  input.human = TRY(body.string_or("human", ""));
  auto account = TRY(app::create_account(call.context, call.actor, input));
  JsonWriter json;
  wire::write_admin_account(json, account);
  return json_response(201, std::move(json));
}

/// `?bots=stay`: the bots of a blocked human are not blocked with it.
Result<app::Bots> parse_bots(const Call& call) {
  const std::string text = call.query_value("bots");
  if (text.empty()) return app::Bots::along;
  if (text == "stay") return app::Bots::stay;
  return fail(ErrorCode::invalid, "bots is \"stay\" or absent", "invalid_bots");
}

http::Response blocking_response(const core::Blocking& blocking) {
  JsonWriter json;
  wire::write_blocking(json, blocking);
  return json_response(200, std::move(json));
}

Result<http::Response> admin_block_account(const Call& call) {
  return blocking_response(TRY(app::block_account(call.context, call.actor, call.parameter("login"),
                                                  TRY(parse_bots(call)))));
}

Result<http::Response> admin_unblock_account(const Call& call) {
  return blocking_response(TRY(app::unblock_account(
      call.context, call.actor, call.parameter("login"), TRY(parse_bots(call)))));
}

Result<http::Response> admin_list_tokens(const Call& call, app::Reader& db) {
  return list_all(TRY(app::list_tokens(db, call.parameter("login"))),
                  [](auto& json, const core::Token& token) { wire::write_token(json, token); });
}

Result<http::Response> admin_create_token(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  app::NewToken input;
  input.login = call.parameter("login");
  input.name = TRY(body.string_or("name", ""));
  input.scopes = TRY(body.string_or("scopes", ""));
  input.expires_in = TRY(wire::parse_expiry(body));
  auto minted = TRY(app::create_token(call.context, call.actor, input));
  JsonWriter json;
  wire::write_token(json, minted.token, &minted.text);
  return json_response(201, std::move(json));
}

Result<http::Response> admin_revoke_token(const Call& call) {
  TRY(app::revoke_token(call.context, call.actor, TRY(call.id<TokenId>("token_id"))));
  return no_content();
}

Result<http::Response> admin_set_member(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  TRY(app::set_member(call.context, call.actor, call.parameter("organization"),
                      call.parameter("login"), TRY(body.string_or("role", "member"))));
  return no_content();
}

Result<http::Response> admin_list_repositories(const Call& call) {
  return list_all(TRY(app::list_repositories(call.context)), wire::write_repository_health);
}

Result<http::Response> admin_create_repository(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  app::NewRepository input;
  input.owner = TRY(body.required_string("owner"));
  input.name = TRY(body.required_string("name"));
  input.path = TRY(body.string_or("path", ""));
  input.writable = TRY(body.boolean_or("writable", false));
  input.visibility =
      TRY(wire::optional_enum<core::Visibility>(body, "visibility")).value_or(input.visibility);
  input.auto_merge = TRY(wire::optional_enum<core::MergePolicy>(body, "auto_merge"));
  input.alternates = TRY(body.optional_strings("alternates")).value_or(input.alternates);
  return registration_response(201, TRY(app::create_repository(call.context, call.actor, input)));
}

Result<http::Response> admin_update_repository(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  core::RepositoryChange change;
  change.name = TRY(body.optional_string("name"));
  change.visibility = TRY(wire::optional_enum<core::Visibility>(body, "visibility"));
  if (body.has("default_branch")) {
    change.default_branch = TRY(body.optional_string("default_branch"));
  }
  change.writable = TRY(body.optional_boolean("writable"));
  change.auto_merge = TRY(wire::optional_enum<core::MergePolicy>(body, "auto_merge"));
  change.path = TRY(body.optional_string("path"));
  change.alternates = TRY(body.optional_strings("alternates"));
  return registration_response(
      200, TRY(app::update_repository(call.context, call.actor, call.parameter("owner"),
                                      call.parameter("repo"), change)));
}

Result<http::Response> admin_remove_repository(const Call& call) {
  const auto removal = TRY(app::remove_repository(call.context, call.actor, call.parameter("owner"),
                                                  call.parameter("repo")));
  JsonWriter json;
  wire::write_removal(json, removal);
  return json_response(200, std::move(json));
}

Result<http::Response> admin_grant_role(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  auto role = TRY(wire::optional_enum<core::Role>(body, "role"));
  if (!role) return fail_request("\"role\" wasn't supplied.");
  TRY(app::grant_role(call.context, call.actor, call.parameter("owner"), call.parameter("repo"),
                      call.parameter("login"), *role));
  return no_content();
}

Result<http::Response> admin_choose_new_environments(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  const auto policy = TRY(wire::optional_enum<core::NewEnvironments>(body, "environments"));
  if (!policy) return fail_request("\"environments\" wasn't supplied.");
  TRY(app::choose_new_environments(call.context, call.actor, call.parameter("owner"),
                                   call.parameter("repo"), *policy));
  return no_content();
}

Result<http::Response> admin_list_branch_protections(const Call& call, app::Reader& db) {
  return list_all(
      TRY(app::list_branch_protections(db, call.parameter("owner"), call.parameter("repo"))),
      wire::write_protection_pattern);
}

Result<http::Response> admin_protect_branches(const Call& call) {
  TRY(app::protect_branches(call.context, call.actor, call.parameter("owner"),
                            call.parameter("repo"), call.parameter("pattern")));
  return no_content();
}

Result<http::Response> admin_unprotect_branches(const Call& call) {
  TRY(app::unprotect_branches(call.context, call.actor, call.parameter("owner"),
                              call.parameter("repo"), call.parameter("pattern")));
  return no_content();
}

/// The new key of a rotation; nothing if the server is to make it.
Result<std::optional<SealingKey>> parse_new_key(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  auto text = TRY(body.optional_string("new_key"));
  if (!text) return std::nullopt;
  auto keys = parse_keyring(*text);
  wipe(*text);
  if (keys && keys->size() == 1) return keys->front();
  return fail(ErrorCode::invalid, "new_key is a line such as `k2 BASE64`, of 32 bytes",
              "invalid_new_key");
}

Result<http::Response> admin_rotate_key(const Call& call) {
  const auto report = TRY(app::rotate_key(call.context, call.actor, TRY(parse_new_key(call))));
  JsonWriter json;
  json.begin_object()
      .member("former_key_id", report.former_key_id)
      .member("key_id", report.key_id)
      .member("resealed", report.resealed)
      .member("is_external", report.is_external)
      .member("place", report.place)
      .end_object();
  return json_response(200, std::move(json));
}

#define ADMIN "/esclusa/admin"

// clang-format off
const Route table[] = {
    {"GET", ADMIN "/users", &operations::admin_list_accounts, "", Lane::rows, "",
     admin_list_accounts},
    {"POST", ADMIN "/users", &operations::admin_create_account, "", Lane::commit, "",
     admin_create_account},
    {"GET", ADMIN "/users/{login}/tokens", &operations::admin_list_tokens, "", Lane::rows, "",
     admin_list_tokens},
    {"POST", ADMIN "/users/{login}/tokens", &operations::admin_create_token, "", Lane::commit, "",
     admin_create_token},
    {"DELETE", ADMIN "/tokens/{token_id}", &operations::admin_revoke_token, "", Lane::commit, "",
     admin_revoke_token},
    {"PUT", ADMIN "/users/{login}/blocked", &operations::admin_block_account, "", Lane::commit, "",
     admin_block_account},
    {"DELETE", ADMIN "/users/{login}/blocked", &operations::admin_unblock_account, "", Lane::commit,
     "", admin_unblock_account},
    {"PUT", ADMIN "/organizations/{organization}/members/{login}", &operations::admin_set_member,
     "", Lane::commit, "", admin_set_member},
    {"GET", ADMIN "/repositories", &operations::admin_list_repositories, "", Lane::commit, "",
     admin_list_repositories},
    {"POST", ADMIN "/repositories", &operations::admin_create_repository, "", Lane::commit, "",
     admin_create_repository},
    {"PATCH", ADMIN "/repositories/{owner}/{repo}", &operations::admin_update_repository, "",
     Lane::commit, "", admin_update_repository},
    {"DELETE", ADMIN "/repositories/{owner}/{repo}", &operations::admin_remove_repository, "",
     Lane::commit, "", admin_remove_repository},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/roles/{login}", &operations::admin_grant_role, "",
     Lane::commit, "", admin_grant_role},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/environments",
     &operations::admin_choose_new_environments, "", Lane::commit, "",
    admin_choose_new_environments}, {"GET", ADMIN "/repositories/{owner}/{repo}/branch-protections",
     &operations::admin_list_branch_protections, "", Lane::rows, "", admin_list_branch_protections},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/branch-protections/{pattern...}",
     &operations::admin_protect_branches, "", Lane::commit, "", admin_protect_branches},
    {"DELETE", ADMIN "/repositories/{owner}/{repo}/branch-protections/{pattern...}",
     &operations::admin_unprotect_branches, "", Lane::commit, "", admin_unprotect_branches},
    {"POST", ADMIN "/secret-key/rotations", &operations::admin_rotate_key, "", Lane::commit, "",
     admin_rotate_key},
};
// clang-format on

}  // namespace

std::span<const Route> administration_routes() { return table; }

}  // namespace esclusa::api
