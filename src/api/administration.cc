#include "app/administration.h"
#include "api/route_tables.h"
#include "app/blocking.h"
#include "app/branch_protections.h"
#include "app/new_environments.h"
#include "app/repositories.h"
#include "core/operations/server.h"
#include "wire/account.h"
#include "wire/enums.h"
#include "wire/json_body.h"
#include "wire/repository.h"

/// The handlers of `esclusa user|token|org|repo`, reached through the administrator's unix socket.
namespace esclusa::api {
namespace {

void write_admin_account(JsonWriter& json, const core::Account& account) {
  json.begin_object()
      .member("id", account.id.value)
      .member("login", account.login)
      .member("kind", core::to_name(account.kind))
      .member("site_admin", account.site_admin)
      .member("created_at", account.created_at)
      .member("blocked_at", account.blocked_at)
      .end_object();
}

void write_token(JsonWriter& json, const core::Token& token, const Secret* text) {
  json.begin_object().member("id", token.id.value).member("name", token.name);
  if (text != nullptr) json.member("token", text->reveal());
  json.member("scopes", token.scopes.to_text())
      .member("created_at", token.created_at)
      .member("expires_at", token.expires_at)
      .member("last_used_at", token.last_used_at)
      .member("revoked_at", token.revoked_at)
      .end_object();
}

/// Leaves the object open: the caller closes it.
void begin_admin_repository(JsonWriter& json, const core::Repository& repository) {
  json.begin_object()
      .member("id", repository.id.value)
      .member("full_name", repository.full_name())
      .member("path", repository.path)
      .member("default_branch", repository.default_branch)
      .member("default_branch_source", core::to_name(repository.default_branch_source))
      .member("bare", repository.is_bare)
      .member("visibility", core::to_name(repository.visibility))
      .member("writable", repository.writable)
      .member("auto_merge", core::to_name(repository.auto_merge));
  json.key("alternates").begin_array();
  for (const std::string& alternate : repository.alternates) json.value(alternate);
  json.end_array();
}

http::Response registration_response(int status, const app::Registration& registration) {
  JsonWriter json;
  begin_admin_repository(json, registration.repository);
  json.key("found").begin_array();
  for (const std::string& sentence : registration.found) json.value(sentence);
  json.end_array().end_object();
  return json_response(status, std::move(json));
}

template <class T, class Write>
http::Response list_all(const std::vector<T>& items, Write write) {
  JsonWriter json;
  json.begin_array();
  for (const T& item : items) write(json, item);
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> admin_list_accounts(const Call&, app::Reader& db) {
  return list_all(TRY(app::list_accounts(db)), write_admin_account);
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
  write_admin_account(json, account);
  return json_response(201, std::move(json));
}

/// `?bots=stay`: the bots of a blocked human are not blocked with it.
Result<app::Bots> parse_bots(const Call& call) {
  const std::string text = call.query_value("bots");
  if (text.empty()) return app::Bots::along;
  if (text == "stay") return app::Bots::stay;
  return fail(ErrorCode::invalid, "bots is \"stay\" or absent", "invalid_bots");
}

void begin_blocking(JsonWriter& json, const core::Account& account, int64_t hook_count) {
  json.begin_object()
      .member("login", account.login)
      .member("blocked_at", account.blocked_at)
      .member("hook_count", hook_count);
}

http::Response blocking_response(const app::Blocking& blocking) {
  JsonWriter json;
  begin_blocking(json, blocking.account, blocking.hook_count);
  json.member("was_last_administrator", blocking.was_last_administrator);
  json.key("without_owner").begin_array();
  for (const std::string& organization : blocking.without_owner) json.value(organization);
  json.end_array().key("bots").begin_array();
  for (const app::BotState& bot : blocking.bots) {
    begin_blocking(json, bot.account, bot.hook_count);
    json.key("tokens").begin_array();
    for (const core::Token& token : bot.tokens) write_token(json, token, nullptr);
    json.end_array().end_object();
  }
  json.end_array().end_object();
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
                  [](auto& json, const core::Token& token) { write_token(json, token, nullptr); });
}

Result<http::Response> admin_create_token(const Call& call) {
  auto body = TRY(wire::JsonBody::parse(call.request.body));
  app::NewToken input;
  input.login = call.parameter("login");
  input.name = TRY(body.string_or("name", ""));
  input.scopes = TRY(body.string_or("scopes", ""));
  if (auto seconds = body.find("expires_in_seconds")) {
    auto number = seconds->integer();
    constexpr int64_t century = 100LL * 366 * 24 * 3600;
    if (!number || *number < 1 || *number > century) {
      return wire::wrong_type("expires_in_seconds", *seconds, "a number of seconds");
    }
    input.expires_in = std::chrono::seconds(*number);
  }
  auto minted = TRY(app::create_token(call.context, call.actor, input));
  JsonWriter json;
  write_token(json, minted.token, &minted.text);
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
  return list_all(
      TRY(app::list_repositories(call.context)),
      [](auto& json, const app::RepositoryHealth& listed) {
        begin_admin_repository(json, listed.repository);
        json.member("health", listed.problem.empty() ? "ok" : listed.problem).end_object();
      });
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
  begin_admin_repository(json, removal.repository);
  json.member("deployment_count", static_cast<int64_t>(removal.deployment_count))
      .member("hook_count", static_cast<int64_t>(removal.hook_count))
      .member("deploy_key_count", static_cast<int64_t>(removal.deploy_key_count))
      .end_object();
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
      [](auto& json, const core::BranchProtection& protection) {
        json.begin_object()
            .member("pattern", protection.pattern)
            .member("created_at", protection.created_at)
            .end_object();
      });
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
     &operations::admin_choose_new_environments, "", Lane::commit, "", admin_choose_new_environments},
    {"GET", ADMIN "/repositories/{owner}/{repo}/branch-protections",
     &operations::admin_list_branch_protections, "", Lane::rows, "", admin_list_branch_protections},
    {"PUT", ADMIN "/repositories/{owner}/{repo}/branch-protections/{pattern...}",
     &operations::admin_protect_branches, "", Lane::commit, "", admin_protect_branches},
    {"DELETE", ADMIN "/repositories/{owner}/{repo}/branch-protections/{pattern...}",
     &operations::admin_unprotect_branches, "", Lane::commit, "", admin_unprotect_branches},
};
// clang-format on

}  // namespace

std::span<const Route> administration_routes() { return table; }

}  // namespace esclusa::api
