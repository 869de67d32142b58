#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "core/actor.h"
#include "core/names.h"

/// What the machine's administrator does with accounts, tokens and roles.
namespace esclusa::app {

struct NewAccount {
  std::string login;
  core::AccountKind kind = core::AccountKind::user;
  bool site_admin = false;
  std::string human;  ///< for a bot: the login of the person who answers for it
};
Result<core::Account> create_account(const Context& context, const core::Actor& actor,
                                     const NewAccount& input);
Result<std::vector<core::Account>> list_accounts(Reader& db);
Result<void> set_member(const Context& context, const core::Actor& actor,
                        const std::string& organization, const std::string& login,
                        const std::string& role);

struct NewToken {
  std::string login;
  std::string name;
  std::string scopes;
  std::optional<std::chrono::seconds> expires_in;
};
struct MintedToken {
  core::Token token;
  Secret text;  ///< shown once; only its digest is stored
};
Result<MintedToken> create_token(const Context& context, const core::Actor& actor,
                                 const NewToken& input);
Result<std::vector<core::Token>> list_tokens(Reader& db, const std::string& login);
Result<void> revoke_token(const Context& context, const core::Actor& actor, TokenId id);

/// On an empty database: creates the account `admin` with a token for all scopes. nullopt if the
/// database is not empty.
Result<std::optional<MintedToken>> create_first_administrator(const Context& context);

Result<void> grant_role(const Context& context, const core::Actor& actor, const std::string& owner,
                        const std::string& name, const std::string& login, core::Role role);

}  // namespace esclusa::app
