#include "app/blocking.h"

#include "store/accounts.h"
#include "store/events.h"
#include "store/hook_health.h"
#include "store/hooks.h"
#include "store/members.h"
#include "wire/json_writer.h"

namespace esclusa::app {
namespace {

/// The transaction, the acting principal and the time of a change.
struct Act {
  store::Connection& tx;
  const core::Principal& principal;
  Timestamp now;
};

Result<core::Account> find_account(store::Connection& db, const std::string& login) {
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

void audit(const Act& act, std::string_view action, const core::Account& account,
           const core::Account* human) {
  wire::JsonWriter detail;
  detail.begin_object();
  if (human != nullptr) detail.member("with", human->login);
  detail.end_object();
  store::insert_audit(act.tx, act.principal,
                      {action, std::nullopt, account.id.value, detail.take()}, act.now);
}

/// Blocks the account. `human` is the human with whom a bot is blocked, or null for a block of the
/// account's own. A block of its own replaces an earlier block with the human.
void block(const Act& act, core::Account& account, const core::Account* human = nullptr) {
  const bool is_new = !account.blocked_at;
  if (is_new) account.blocked_at = act.now;
  store::set_blocked(act.tx, account.id, account.blocked_at,
                     human != nullptr ? std::optional(human->id) : std::nullopt);
  if (!is_new) return;
  for (const store::CreatedHook& hook : store::list_hooks_of(act.tx, account.id)) {
    store::hold_deliveries(act.tx, hook.id);
  }
  audit(act, "account.block", account, human);
}

void unblock(const Act& act, core::Account& account, const core::Account* human = nullptr) {
  if (!account.blocked_at) return;
  account.blocked_at.reset();
  store::set_blocked(act.tx, account.id, std::nullopt);
  for (const store::CreatedHook& hook : store::list_hooks_of(act.tx, account.id)) {
    if (hook.active) store::restart_hook(act.tx, hook.id, act.now);
  }
  audit(act, "account.unblock", account, human);
}

int64_t count_hooks(store::Connection& db, AccountId account) {
  return static_cast<int64_t>(store::list_hooks_of(db, account).size());
}

std::vector<core::Token> list_live_tokens(const Act& act, const core::Account& account) {
  core::Account let_in = account;
  let_in.blocked_at.reset();
  auto tokens = store::list_tokens(act.tx, account.id);
  std::erase_if(tokens,
                [&](const core::Token& token) { return !core::is_usable(token, let_in, act.now); });
  return tokens;
}

Blocking describe(const Act& act, core::Account account) {
  Blocking blocking{.account = std::move(account)};
  blocking.hook_count = count_hooks(act.tx, blocking.account.id);
  for (store::Bot& bot : store::list_bots(act.tx, blocking.account.id)) {
    auto tokens = list_live_tokens(act, bot.account);
    const int64_t hook_count = count_hooks(act.tx, bot.account.id);
    blocking.bots.push_back({std::move(bot.account), hook_count, std::move(tokens)});
  }
  return blocking;
}

}  // namespace

Result<Blocking> block_account(const Context& context, const core::Principal& principal,
                               const std::string& login, Bots bots) {
  return context.database.write([&](store::Connection& tx) -> Result<Blocking> {
    core::Account account = TRY(find_account(tx, login));
    const Act act{tx, principal, context.now()};
    block(act, account);
    if (bots == Bots::along) {
      for (store::Bot& bot : store::list_bots(tx, account.id)) {
        if (!bot.account.blocked_at) block(act, bot.account, &account);
      }
    }
    Blocking blocking = describe(act, std::move(account));
    blocking.was_last_administrator =
        blocking.account.site_admin && store::count_administrators(tx) == 0;
    blocking.without_owner = store::list_owned_alone(tx, blocking.account.id);
    return blocking;
  });
}

Result<Blocking> unblock_account(const Context& context, const core::Principal& principal,
                                 const std::string& login, Bots bots) {
  auto unblocked = context.database.write([&](store::Connection& tx) -> Result<Blocking> {
    core::Account account = TRY(find_account(tx, login));
    const Act act{tx, principal, context.now()};
    unblock(act, account);
    for (store::Bot& bot : store::list_bots(tx, account.id)) {
      if (!bot.blocked_along) continue;
      if (bots == Bots::along) {
        unblock(act, bot.account, &account);
      } else {
        block(act, bot.account);  // it is now blocked on its own
      }
    }
    return describe(act, std::move(account));
  });
  if (unblocked) context.events_committed();
  return unblocked;
}

}  // namespace esclusa::app
