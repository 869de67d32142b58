#include "core/actor.h"

#include "base/check.h"

namespace esclusa::core {

Actor Actor::by_token(Account account, Token token) {
  return {std::make_shared<const ByAccount>(std::move(account), std::move(token))};
}

Actor Actor::by_session(Account account) {
  return {std::make_shared<const ByAccount>(std::move(account), std::nullopt)};
}

Actor Actor::by_app(App app) { return {std::make_shared<const App>(std::move(app))}; }

Actor Actor::by_installation(InstallationGrant grant) {
  return {std::make_shared<const InstallationGrant>(std::move(grant))};
}

Actor Actor::by_agent(AgentGrant grant) {
  return {std::make_shared<const AgentGrant>(std::move(grant))};
}

Actor Actor::in_request(std::string request_id) const {
  Actor actor = *this;
  actor.request_id_ = std::move(request_id);
  return actor;
}

Actor Actor::on_behalf_of(Account account) const {
  return by_session(std::move(account)).in_request(request_id_);
}

const Account* Actor::account() const {
  if (const InstallationGrant* grant = installation()) return &grant->app.bot;
  if (const AgentGrant* grant = agent()) return &grant->account;
  const auto* by = std::get_if<SharedAccount>(&who_);
  return by != nullptr ? &(*by)->account : nullptr;
}

const Account& Actor::sender() const {
  ENSURE(account() != nullptr);
  return *account();
}

const Token* Actor::token() const {
  const auto* by = std::get_if<SharedAccount>(&who_);
  return by != nullptr && (*by)->token ? &*(*by)->token : nullptr;
}

const App* Actor::app() const {
  if (const InstallationGrant* grant = installation()) return &grant->app;
  const auto* by = std::get_if<SharedApp>(&who_);
  return by != nullptr ? by->get() : nullptr;
}

std::shared_ptr<const App> Actor::app_of_installation() const {
  const auto* by = std::get_if<SharedGrant>(&who_);
  return by != nullptr ? std::shared_ptr<const App>(*by, &(*by)->app) : nullptr;
}

const InstallationGrant* Actor::installation() const {
  const auto* by = std::get_if<SharedGrant>(&who_);
  return by != nullptr ? by->get() : nullptr;
}

const AgentGrant* Actor::agent() const {
  const auto* by = std::get_if<SharedAgent>(&who_);
  return by != nullptr ? by->get() : nullptr;
}

std::optional<DeployKeyId> Actor::deploy_key_id() const {
  const auto* by = std::get_if<ByDeployKey>(&who_);
  return by != nullptr ? std::optional(by->id) : std::nullopt;
}

const std::string* Actor::system_user() const {
  const auto* by = std::get_if<LocalAdministrator>(&who_);
  return by != nullptr && !by->system_user.empty() ? &by->system_user : nullptr;
}

std::string Actor::name() const {
  struct Name {
    std::string operator()(const Nobody&) const { return "nobody"; }
    std::string operator()(const LocalAdministrator& by) const {
      return by.system_user.empty() ? "local administrator"
                                    : "local administrator " + by.system_user;
    }
    std::string operator()(const Timer&) const { return "timer"; }
    std::string operator()(const SharedAccount& by) const { return by->account.login; }
    std::string operator()(const SharedApp& app) const { return "app " + app->slug; }
    std::string operator()(const SharedGrant& grant) const { return grant->app.bot.login; }
    std::string operator()(const SharedAgent& grant) const {
      return "agent token " + std::to_string(grant->token.id.value);
    }
    std::string operator()(const ByDeployKey& by) const {
      return "deploy key " + std::to_string(by.id.value);
    }
  };
  return std::visit(Name{}, who_);
}

Authority Actor::authority() const {
  const auto* by = std::get_if<SharedAccount>(&who_);
  if (by == nullptr) return Authority::nothing();
  return (*by)->token ? Authority::of((*by)->token->scopes) : Authority::everything();
}

AccountId who_answers_for(const Account& account) {
  return account.kind == AccountKind::bot ? account.human_id.value_or(account.id) : account.id;
}

}  // namespace esclusa::core
