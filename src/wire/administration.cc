#include "wire/administration.h"

#include "wire/agent_seen.h"
#include "wire/list.h"

namespace esclusa::wire {
namespace {

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
      .member("auto_merge", core::to_name(repository.auto_merge))
      .key("alternates");
  write_texts(json, repository.alternates);
}

/// Leaves the object open: the caller closes it.
void begin_blocking(JsonWriter& json, const core::Account& account, int64_t hook_count) {
  json.begin_object()
      .member("login", account.login)
      .member("blocked_at", account.blocked_at)
      .member("hook_count", hook_count);
}

void write_bot(JsonWriter& json, const core::BotState& bot) {
  begin_blocking(json, bot.account, bot.hook_count);
  json.key("tokens");
  write_list(json, bot.tokens,
             [](JsonWriter& to, const core::Token& token) { write_token(to, token); });
  json.end_object();
}

}  // namespace

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

void write_agent_token(JsonWriter& json, const core::AgentGrant& grant,
                       const std::optional<core::AgentSeen>& seen, const Secret* text) {
  const core::AgentToken& token = grant.token;
  json.begin_object().member("id", token.id.value).member("name", token.name);
  if (text != nullptr) json.member("token", text->reveal());
  json.key("environments").begin_array();
  for (const auto& [id, name] : grant.environments) json.value(name);
  json.end_array()
      .member("created_at", token.created_at)
      .member("expires_at", token.expires_at)
      .member("last_used_at", token.last_used_at)
      .member("revoked_at", token.revoked_at)
      .key("seen");
  write_seen(json, seen);
  json.end_object();
}

Result<std::optional<std::chrono::seconds>> parse_expiry(const JsonBody& body) {
  const auto seconds = body.find("expires_in_seconds");
  if (!seconds) return std::nullopt;
  const auto number = seconds->integer();
  constexpr int64_t century = 100LL * 366 * 24 * 3600;
  if (!number || *number < 1 || *number > century) {
    return wrong_type("expires_in_seconds", *seconds, "a number of seconds");
  }
  return std::chrono::seconds(*number);
}

void write_blocking(JsonWriter& json, const core::Blocking& blocking) {
  begin_blocking(json, blocking.account, blocking.hook_count);
  json.member("was_last_administrator", blocking.was_last_administrator).key("without_owner");
  write_texts(json, blocking.without_owner);
  json.key("bots");
  write_list(json, blocking.bots, write_bot);
  json.end_object();
}

void write_registration(JsonWriter& json, const core::Registration& registration) {
  begin_admin_repository(json, registration.repository);
  json.key("found");
  write_texts(json, registration.found);
  json.end_object();
}

void write_repository_health(JsonWriter& json, const core::RepositoryHealth& listed) {
  begin_admin_repository(json, listed.repository);
  json.member("health", listed.problem.empty() ? "ok" : listed.problem).end_object();
}

void write_removal(JsonWriter& json, const core::Removal& removal) {
  begin_admin_repository(json, removal.repository);
  json.member("deployment_count", static_cast<int64_t>(removal.deployment_count))
      .member("hook_count", static_cast<int64_t>(removal.hook_count))
      .member("deploy_key_count", static_cast<int64_t>(removal.deploy_key_count))
      .end_object();
}

void write_protection_pattern(JsonWriter& json, const core::BranchProtection& protection) {
  json.begin_object()
      .member("pattern", protection.pattern)
      .member("created_at", protection.created_at)
      .end_object();
}

}  // namespace esclusa::wire
