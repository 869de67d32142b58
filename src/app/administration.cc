#include "app/administration.h"

#include "app/apps.h"
#include "app/change.h"
#include "app/collaborators.h"
#include "app/members.h"
#include "app/repositories.h"
#include "base/limits.h"
#include "store/accounts.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

std::unexpected<Error> no_account(const std::string& login) {
  return fail(ErrorCode::not_found,
              "There is no account \"" + login + "\"; make one with: esclusa user create " + login +
                  " (an organization: --kind organization)",
              "account_not_found");
}

Result<core::Account> require_account(Reader& db, const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account) return no_account(login);
  return std::move(*account);
}

/// Inserts the account and its audit row; nullopt if the login is taken.
std::optional<core::Account> insert_account(Change& change, core::Account account) {
  account.created_at = account.updated_at = change.now;
  auto id = store::insert_account(change.rows, account);
  if (!id) return std::nullopt;
  account.id = *id;
  change.audit({"account.create", std::nullopt, id->value});
  return account;
}

}  // namespace

Result<core::Account> create_account(const Context& context, const core::Actor& actor,
                                     const NewAccount& input) {
  TRY(core::check_login(input.login, input.kind));
  return change(context, actor, [&](Change& change) -> Result<core::Account> {
    core::Account account;
    account.login = input.login;
    account.kind = input.kind;
    account.site_admin = input.site_admin;
    if (!input.human.empty()) {
      const core::Account human = TRY(require_account(change.rows, input.human));
      if (human.kind != core::AccountKind::user) {
        return fail(ErrorCode::invalid, "\"" + human.login + "\" is no human.", "not_a_human");
      }
      account.human_id = human.id;
    }
    auto made = insert_account(change, std::move(account));
    if (!made) {
      return fail(ErrorCode::invalid, "The login \"" + input.login + "\" is taken", "login_taken");
    }
    return std::move(*made);
  });
}

Result<std::vector<core::Account>> list_accounts(Reader& db) { return store::list_accounts(db); }

Result<void> set_member(const Context& context, const core::Actor& actor,
                        const std::string& organization, const std::string& login,
                        const std::string& role) {
  const auto member_role = core::from_name<core::MemberRole>(role);
  if (!member_role) {
    return fail(ErrorCode::invalid, "A member's role is admin or member", "invalid_role");
  }
  return change(context, actor, [&](Change& change) -> Result<void> {
    auto owner = TRY(require_account(change.rows, organization));
    if (owner.kind != core::AccountKind::organization) {
      return fail(ErrorCode::invalid, "\"" + organization + "\" is no organization",
                  "not_an_organization");
    }
    auto account = TRY(require_account(change.rows, login));
    return join_organization(change, owner, account, *member_role);
  });
}

namespace {

/// Inserts the token and its audit row.
Result<MintedToken> mint_token(Change& change, const core::Account& account,
                               const NewToken& input) {
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
  minted.token.created_at = change.now;
  if (input.expires_in) minted.token.expires_at = change.now + *input.expires_in;
  minted.token.id =
      store::insert_token(change.rows, minted.token, core::token_digest(minted.text.reveal()));
  change.audit({"token.create", std::nullopt, minted.token.id.value});
  return minted;
}

}  // namespace

Result<MintedToken> create_token(const Context& context, const core::Actor& actor,
                                 const NewToken& input) {
  return change(context, actor, [&](Change& change) -> Result<MintedToken> {
    const core::Account account = TRY(require_account(change.rows, input.login));
    TRY(check_is_no_app(change.rows, account));
    return mint_token(change, account, input);
  });
}

Result<std::vector<core::Token>> list_tokens(Reader& db, const std::string& login) {
  auto account = TRY(require_account(db, login));
  return store::list_tokens(db, account.id);
}

Result<void> revoke_token(const Context& context, const core::Actor& actor, TokenId id) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    if (!store::revoke_token(change.rows, id, change.now)) {
      return fail(ErrorCode::not_found, "There is no token " + std::to_string(id.value),
                  "token_not_found");
    }
    change.audit({"token.revoke", std::nullopt, id.value});
    return {};
  });
}

Result<std::optional<MintedToken>> create_first_administrator(const Context& context) {
  // One transaction: an administrator without a token would be locked out.
  const auto actor = core::Actor::local_administrator().in_request("first-start");
  return change(context, actor, [&](Change& change) -> Result<std::optional<MintedToken>> {
    if (store::has_accounts(change.rows)) {
      change.skip_audit();  // it is not the first start
      return std::nullopt;
    }
    core::Account admin;
    admin.login = "admin";
    admin.site_admin = true;
    admin = insert_account(change, admin).value();
    return TRY(mint_token(change, admin,
                          {.login = admin.login,
                           .name = "first start",
                           .scopes = "repo, admin:org, admin:org_hook, admin:public_key, user, "
                                     "workflow, delete_repo",
                           .expires_in = std::nullopt}));
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

Result<void> grant_role(const Context& context, const core::Actor& actor, const std::string& owner,
                        const std::string& name, const std::string& login, core::Role role) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    auto repository = TRY(require_repository(change.rows, owner, name));
    auto account = TRY(require_account(change.rows, login));
    if (role != core::Role::none) {
      TRY(check_grantee(repository, account));
      TRY(check_is_no_app(change.rows, account));
    }
    grant(change, repository, account, role);
    return {};
  });
}

}  // namespace esclusa::app
