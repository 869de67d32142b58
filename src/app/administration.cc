#include "app/administration.h"

#include "app/collaborators.h"
#include "app/members.h"
#include "app/repositories.h"
#include "base/limits.h"
#include "store/accounts.h"
#include "store/events.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

std::unexpected<Error> no_account(const std::string& login) {
  return fail(ErrorCode::not_found,
              "There is no account \"" + login + "\"; make one with: esclusa user create " + login +
                  " (an organization: --kind organization)",
              "account_not_found");
}

Result<core::Account> require_account(store::Connection& db, const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account) return no_account(login);
  return std::move(*account);
}

/// Inserts the account and its audit row; nullopt if the login is taken.
std::optional<core::Account> insert_account(store::Connection& tx, const core::Principal& principal,
                                            core::Account account) {
  auto id = store::insert_account(tx, account);
  if (!id) return std::nullopt;
  account.id = *id;
  store::insert_audit(tx, principal, {"account.create", std::nullopt, id->value},
                      account.created_at);
  return account;
}

}  // namespace

Result<core::Account> create_account(const Context& context, const core::Principal& principal,
                                     const NewAccount& input) {
  TRY(core::check_login(input.login, input.kind));
  return context.database.write([&](store::Connection& tx) -> Result<core::Account> {
    core::Account account;
    account.login = input.login;
    account.kind = input.kind;
    account.site_admin = input.site_admin;
    account.created_at = account.updated_at = context.now();
    if (!input.human.empty()) {
      const core::Account human = TRY(require_account(tx, input.human));
      if (human.kind != core::AccountKind::user) {
        return fail(ErrorCode::invalid, "\"" + human.login + "\" is no human.", "not_a_human");
      }
      account.human_id = human.id;
    }
    auto made = insert_account(tx, principal, std::move(account));
    if (!made) {
      return fail(ErrorCode::invalid, "The login \"" + input.login + "\" is taken", "login_taken");
    }
    return std::move(*made);
  });
}

Result<std::vector<core::Account>> list_accounts(const Context& context) {
  return context.database.read(store::list_accounts);
}

Result<void> set_member(const Context& context, const core::Principal& principal,
                        const std::string& organization, const std::string& login,
                        const std::string& role) {
  const auto member_role = core::from_name<core::MemberRole>(role);
  if (!member_role) {
    return fail(ErrorCode::invalid, "A member's role is admin or member", "invalid_role");
  }
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    auto owner = TRY(require_account(tx, organization));
    if (owner.kind != core::AccountKind::organization) {
      return fail(ErrorCode::invalid, "\"" + organization + "\" is no organization",
                  "not_an_organization");
    }
    auto account = TRY(require_account(tx, login));
    return join_organization(tx, principal, owner, account, *member_role, context.now());
  });
}

namespace {

/// Inserts the token and its audit row.
Result<MintedToken> mint_token(store::Connection& tx, const core::Principal& principal,
                               const core::Account& account, const NewToken& input, Timestamp now) {
  if (input.name.size() > limits::token_name_chars) {
    return fail(ErrorCode::invalid, "The token's name is too long", "too_long");
  }
  if (account.kind == core::AccountKind::organization) {
    return fail(ErrorCode::invalid, "An organization has no tokens; make one for a user or a bot",
                "no_tokens");
  }
  MintedToken minted{{}, core::new_token_text()};
  minted.token.account_id = account.id;
  minted.token.scopes = TRY(core::Scopes::parse(input.scopes));
  minted.token.name = input.name;
  minted.token.created_at = now;
  if (input.expires_in) minted.token.expires_at = now + *input.expires_in;
  minted.token.id = store::insert_token(tx, minted.token, core::token_digest(minted.text.reveal()));
  store::insert_audit(tx, principal, {"token.create", std::nullopt, minted.token.id.value}, now);
  return minted;
}

}  // namespace

Result<MintedToken> create_token(const Context& context, const core::Principal& principal,
                                 const NewToken& input) {
  return context.database.write([&](store::Connection& tx) -> Result<MintedToken> {
    const core::Account account = TRY(require_account(tx, input.login));
    return mint_token(tx, principal, account, input, context.now());
  });
}

Result<std::vector<core::Token>> list_tokens(const Context& context, const std::string& login) {
  return context.database.read([&](store::Connection& db) -> Result<std::vector<core::Token>> {
    auto account = TRY(require_account(db, login));
    return store::list_tokens(db, account.id);
  });
}

Result<void> revoke_token(const Context& context, const core::Principal& principal, TokenId id) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    if (!store::revoke_token(tx, id, context.now())) {
      return fail(ErrorCode::not_found, "There is no token " + std::to_string(id.value),
                  "token_not_found");
    }
    store::insert_audit(tx, principal, {"token.revoke", std::nullopt, id.value}, context.now());
    return {};
  });
}

Result<std::optional<MintedToken>> create_first_administrator(const Context& context) {
  // One transaction: an administrator without a token would be locked out.
  return context.database.write([&](store::Connection& tx) -> Result<std::optional<MintedToken>> {
    if (store::has_accounts(tx)) return std::nullopt;
    core::Principal nobody;
    nobody.request_id = "first-start";
    core::Account admin;
    admin.login = "admin";
    admin.site_admin = true;
    admin.created_at = admin.updated_at = context.now();
    admin = insert_account(tx, nobody, admin).value();
    return TRY(mint_token(tx, nobody, admin,
                          {.login = admin.login,
                           .name = "first start",
                           .scopes = "repo, admin:org, admin:org_hook, admin:public_key, user, "
                                     "workflow, delete_repo",
                           .expires_in = std::nullopt},
                          admin.created_at));
  });
}

namespace {

/// Refuses accounts that no role can be granted to. Such a grant can still be removed: earlier
/// versions allowed it.
Result<void> check_grantee(const core::Repository& repository, const core::Account& account) {
  if (account.kind == core::AccountKind::organization) {
    return fail(ErrorCode::invalid,
                "\"" + account.login +
                    "\" is an organization; grant the role to its members, or to one of its teams",
                "not_a_user");
  }
  if (account.id == repository.owner.id) {
    return fail(ErrorCode::invalid,
                "\"" + account.login + "\" owns the repository, and may do everything there",
                "owner_is_no_collaborator");
  }
  return {};
}

}  // namespace

Result<void> grant_role(const Context& context, const core::Principal& principal,
                        const std::string& owner, const std::string& name, const std::string& login,
                        core::Role role) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    auto repository = TRY(require_repository(tx, owner, name));
    auto account = TRY(require_account(tx, login));
    if (role != core::Role::none) TRY(check_grantee(repository, account));
    grant(tx, principal, repository, account, role, context.now());
    return {};
  });
}

}  // namespace esclusa::app
