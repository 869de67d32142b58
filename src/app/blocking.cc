#include "app/blocking.h"

#include "app/change.h"
#include "store/accounts.h"
#include "store/hook_health.h"
#include "store/hooks.h"
#include "store/members.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

Result<core::Account> find_account(Reader& db, const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account) {
    return fail(ErrorCode::not_found, "There is no account \"" + login + "\"", "account_not_found");
  }
  if (account->kind == core::AccountKind::organization) {
    return fail(ErrorCode::invalid,
                "An organization has neither tokens nor hooks of its own; block its members",
                "not_a_member");
  }
  return *std::move(account);
}

/// Writes an audit row; `human` is the human with whom a bot is blocked or unblocked, or null.
void audit(Change& change, std::string_view action, const core::Account& account,
           const core::Account* human) {
  std::vector<wire::AuditMember> members;
  if (human != nullptr) members.push_back({"with", human->login});
  change.audit({action, std::nullopt, account.id.value, wire::audit_detail(members)});
}

/// Blocks the account. `human` is the human with whom a bot is blocked, or null for a block of the
/// account's own. A block of its own replaces an earlier block with the human.
void block(Change& change, core::Account& account, const core::Account* human = nullptr) {
  const bool is_new = !account.blocked_at;
  if (is_new) account.blocked_at = change.now;
  store::set_blocked(change.rows, account.id, account.blocked_at,
                     human != nullptr ? std::optional(human->id) : std::nullopt);
  if (!is_new) {
    change.skip_audit();  // it was blocked before
    return;
  }
  for (const store::CreatedHook& hook : store::list_hooks_of(change.rows, account.id)) {
    store::hold_deliveries(change.rows, hook.id);
  }
  audit(change, "account.block", account, human);
}

void unblock(Change& change, core::Account& account, const core::Account* human = nullptr) {
  if (!account.blocked_at) {
    change.skip_audit();  // it is not blocked
    return;
  }
  account.blocked_at.reset();
  store::set_blocked(change.rows, account.id, std::nullopt);
  for (const store::CreatedHook& hook : store::list_hooks_of(change.rows, account.id)) {
    if (hook.active) store::restart_hook(change.rows, hook.id, change.now);
  }
  change.touch_deliveries();
  audit(change, "account.unblock", account, human);
}

int64_t count_hooks(Reader& db, AccountId account) {
  return static_cast<int64_t>(store::list_hooks_of(db, account).size());
}

std::vector<core::Token> list_live_tokens(Change& change, const core::Account& account) {
  core::Account let_in = account;
  let_in.blocked_at.reset();
  auto tokens = store::list_tokens(change.rows, account.id);
  std::erase_if(tokens, [&](const core::Token& token) {
    return !core::is_usable(token, let_in, change.now);
  });
  return tokens;
}

core::Blocking describe(Change& change, core::Account account) {
  core::Blocking blocking{.account = std::move(account)};
  blocking.hook_count = count_hooks(change.rows, blocking.account.id);
  for (store::Bot& bot : store::list_bots(change.rows, blocking.account.id)) {
    auto tokens = list_live_tokens(change, bot.account);
    const int64_t hook_count = count_hooks(change.rows, bot.account.id);
    blocking.bots.push_back({std::move(bot.account), hook_count, std::move(tokens)});
  }
  return blocking;
}

}  // namespace

Result<core::Blocking> block_account(const Context& context, const core::Actor& actor,
                                     const std::string& login, Bots bots) {
  return change(context, actor, [&](Change& change) -> Result<core::Blocking> {
    core::Account account = TRY(find_account(change.rows, login));
    block(change, account);
    if (bots == Bots::along) {
      for (store::Bot& bot : store::list_bots(change.rows, account.id)) {
        if (!bot.account.blocked_at) block(change, bot.account, &account);
      }
    }
    core::Blocking blocking = describe(change, std::move(account));
    blocking.was_last_administrator =
        blocking.account.site_admin && store::count_administrators(change.rows) == 0;
    blocking.without_owner = store::list_owned_alone(change.rows, blocking.account.id);
    return blocking;
  });
}

Result<core::Blocking> unblock_account(const Context& context, const core::Actor& actor,
                                       const std::string& login, Bots bots) {
  return change(context, actor, [&](Change& change) -> Result<core::Blocking> {
    core::Account account = TRY(find_account(change.rows, login));
    unblock(change, account);
    for (store::Bot& bot : store::list_bots(change.rows, account.id)) {
      if (!bot.blocked_along) continue;
      if (bots == Bots::along) {
        unblock(change, bot.account, &account);
      } else {
        block(change, bot.account);  // it is now blocked on its own
      }
    }
    return describe(change, std::move(account));
  });
}

}  // namespace esclusa::app
