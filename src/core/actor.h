#pragma once
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/account.h"
#include "core/agent.h"
#include "core/app.h"
#include "core/token.h"

namespace esclusa::core {

/// What the credentials of an actor allow.
class Authority {
 public:
  static Authority nothing() { return Authority(Scopes{}); }
  static Authority of(Scopes scopes) { return Authority(std::move(scopes)); }
  /// All that the account itself may do, as in a session of a person who signed in.
  static Authority everything() { return Authority(std::nullopt); }

  /// Whether any of these scopes is given.
  bool has_any(const Scopes& scopes) const { return !scopes_ || scopes_->has_any(scopes); }
  bool has(Scope scope) const { return !scopes_ || scopes_->has(scope); }

 private:
  explicit Authority(std::optional<Scopes> scopes) : scopes_(std::move(scopes)) {}
  std::optional<Scopes> scopes_;  ///< no value: no limit
};

/// The human who answers for the account: a bot's human, otherwise the account itself.
AccountId who_answers_for(const Account& account);

/// Who acts, by what, and in which request.
///
///     kind                  account   authority
///     nobody                -         nothing: a request without credentials
///     local administrator   -         whoever may open the administrator's unix socket
///     timer                 -         the server itself, when time alone changes something
///     account by token      yes       the token's scopes
///     account by session    yes       everything that the account may do
///     app                   -         what an app may ask of itself, by its JWT
///     installation          the bot   the permissions of a token of an app's installation
///     agent                 the bot   a token of an agent: deployments of its environments
///     deploy key            -         git over SSH, in its own repository
class Actor {
 public:
  static Actor nobody() { return {Nobody{}}; }
  /// `system_user` has opened the socket; empty: the server itself acts, at its first start.
  static Actor local_administrator(std::string system_user = {}) {
    return {LocalAdministrator{std::move(system_user)}};
  }
  static Actor timer() { return {Timer{}}; }
  static Actor by_token(Account account, Token token);
  /// Also for an account in whose name the server itself acts.
  static Actor by_session(Account account);
  static Actor by_app(App app);
  static Actor by_installation(InstallationGrant grant);
  static Actor by_agent(AgentGrant grant);
  static Actor by_deploy_key(DeployKeyId key) { return {ByDeployKey{key}}; }

  Actor in_request(std::string request_id) const;
  /// The account, in this actor's request: on whose behalf the server speaks.
  Actor on_behalf_of(Account account) const;

  /// The account that acts; null if none does.
  const Account* account() const;
  /// The account that acts. It is a bug to ask where none does: an operation for accounts is
  /// entered by accounts alone.
  const Account& sender() const;
  /// The human who answers for the sender: a bot's human, otherwise the sender itself.
  AccountId human() const { return who_answers_for(sender()); }
  /// The token that it acts by; null without one.
  const Token* token() const;
  /// The app that acts, by its JWT or by a token of an installation; null for all others.
  const App* app() const;
  /// The same, to be kept with what the app made by an installation; null for all others.
  std::shared_ptr<const App> app_of_installation() const;
  /// Null unless a token of an installation is used. Its permissions count, and neither roles nor
  /// scopes: `authority()` has no scope.
  const InstallationGrant* installation() const;
  /// Null unless a token of an agent is used. What it opens counts, and neither roles nor scopes.
  const AgentGrant* agent() const;
  /// Whether credentials say who it is: an account or an app.
  bool is_authenticated() const { return account() != nullptr || app() != nullptr; }
  std::optional<DeployKeyId> deploy_key_id() const;
  bool is_local_administrator() const { return std::holds_alternative<LocalAdministrator>(who_); }
  /// The system user behind the administrator's socket, such as `ada` or `uid:1234`; null for all
  /// others, and if it is not known.
  const std::string* system_user() const;
  Authority authority() const;
  /// Who that is, for the log: the account's login, `app shop`, `deploy key 7`,
  /// `agent token 7`, `timer`, `local administrator ada` or `nobody`.
  std::string name() const;
  /// Of the request that it made, for the audit log; empty outside of requests.
  const std::string& request_id() const { return request_id_; }

 private:
  struct Nobody {};
  struct LocalAdministrator {
    std::string system_user;
  };
  struct Timer {};
  struct ByAccount {
    Account account;
    std::optional<Token> token;  ///< nothing: a session
  };
  struct ByDeployKey {
    DeployKeyId id;
  };
  /// Shared by the copies of an actor, which are many.
  using SharedAccount = std::shared_ptr<const ByAccount>;
  using SharedApp = std::shared_ptr<const App>;
  using SharedGrant = std::shared_ptr<const InstallationGrant>;
  using SharedAgent = std::shared_ptr<const AgentGrant>;
  using Who = std::variant<Nobody, LocalAdministrator, Timer, SharedAccount, SharedApp, SharedGrant,
                           SharedAgent, ByDeployKey>;
  Actor(Who who) : who_(std::move(who)) {}

  Who who_;
  std::string request_id_;
};

}  // namespace esclusa::core
