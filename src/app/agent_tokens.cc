#include "app/agent_tokens.h"

#include "app/change.h"
#include "app/gates.h"
#include "app/repositories.h"
#include "core/app.h"
#include "core/new_environment.h"
#include "core/token.h"
#include "store/accounts.h"
#include "store/agent_tokens.h"
#include "store/apps.h"
#include "store/environments.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// The bot of all agents, made with the first token.
Result<core::Account> ensure_bot(Change& change) {
  core::Account bot;
  bot.login = core::bot_login(core::agent_slug);
  bot.kind = core::AccountKind::bot;
  bot.created_at = bot.updated_at = change.now;
  if (const auto id = store::insert_account(change.rows, bot)) {
    bot.id = *id;
    change.audit({"account.create", std::nullopt, id->value});
    return bot;
  }
  auto found = store::find_account(change.rows, bot.login);
  // Versions before this one gave the slug to apps.
  if (!found || store::find_app_of_bot(change.rows, found->id)) {
    return fail(ErrorCode::invalid,
                "The login \"" + bot.login + "\" is that of an app: agents cannot act by it",
                "login_taken");
  }
  return *std::move(found);
}

Result<core::EnvironmentName> ensure_name(Change& change, const core::Repository& repository,
                                          const std::string& name) {
  if (auto found = store::find_environment(change.rows, repository.id, name)) return found->name;
  if (auto named = core::check_new_environment_name(name); !named) {
    return fail(ErrorCode::invalid, named.error().fields.at(0).message, named.error().reason_code);
  }
  TRY(check_may_make_environment(change.rows, repository, name));
  return store::ensure_environment_name(change.rows, repository.id, name, change.now);
}

std::string detail_of(const core::AgentGrant& grant) {
  std::vector<std::string_view> environments;
  for (const auto& [id, name] : grant.environments) environments.emplace_back(name);
  return wire::audit_detail({{"name", grant.token.name}, {"environments", environments}});
}

}  // namespace

Result<core::MintedAgentToken> create_agent_token(const Context& context, const core::Actor& actor,
                                                  const core::NewAgentToken& input) {
  TRY(core::check_new_agent_token(input));
  return change(context, actor, [&](Change& change) -> Result<core::MintedAgentToken> {
    const auto repository = TRY(require_repository(change.rows, input.owner, input.repository));
    core::MintedAgentToken minted{{}, core::new_agent_token_text()};
    core::AgentGrant& grant = minted.grant;
    grant.repository_id = repository.id;
    for (const std::string& name : input.environments) {
      auto known = TRY(ensure_name(change, repository, name));
      grant.environments.emplace(known.id, std::move(known.name));
    }
    grant.account = TRY(ensure_bot(change));
    grant.token.name = input.name;
    grant.token.created_at = change.now;
    if (input.expires_in) grant.token.expires_at = change.now + *input.expires_in;
    grant.token.id =
        store::insert_agent_token(change.rows, grant, core::token_digest(minted.text.reveal()));
    change.audit({"agent_token.create", repository.id, grant.token.id.value, detail_of(grant)});
    return minted;
  });
}

Result<std::vector<core::AgentGrant>> list_agent_tokens(Reader& db, const std::string& owner,
                                                        const std::string& name) {
  return store::list_agents(db, TRY(require_repository(db, owner, name)).id);
}

Result<void> revoke_agent_token(const Context& context, const core::Actor& actor, AgentTokenId id) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    const auto grant = store::find_agent(change.rows, id);
    if (!grant || !store::revoke_agent_token(change.rows, id, change.now)) {
      return fail(ErrorCode::not_found,
                  "There is no token " + std::to_string(id.value) + " of an agent",
                  "token_not_found");
    }
    change.audit({"agent_token.revoke", grant->repository_id, id.value, detail_of(*grant)});
    return {};
  });
}

}  // namespace esclusa::app
