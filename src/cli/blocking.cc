#include "cli/blocking.h"

#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

std::string login_of(const Json& account) { return account.string_at("login").value_or(""); }

/// `0 hooks`, `1 hook`, `2 hooks`.
std::string hooks_of(const Json& account) {
  const int64_t count = account.integer_at("hook_count").value_or(0);
  return std::to_string(count) + (count == 1 ? " hook" : " hooks");
}

void print_tokens(const Json& bot) {
  const auto tokens = bot.find("tokens");
  if (!tokens || tokens->elements().empty()) return print_line("  It has no tokens.");
  show_table({"id", "name", "scopes", "expires_at", "last_used_at"})(*tokens);
}

/// Prints each bot with the access of its tokens, and the command that changes it.
void print_bots(const Json& answer) {
  const auto bots = answer.find("bots");
  if (!bots) return;
  for (const Json& bot : bots->elements()) {
    const std::string login = login_of(bot);
    const std::string whose = login + ", a bot for which " + login_of(answer) + " answers, ";
    if (bot.string_at("blocked_at")) {
      print_line(whose + "is blocked: its tokens open nothing; " + hooks_of(bot) +
                 " get nothing. To let it in: esclusa user unblock " + login);
    } else {
      print_line(whose + "is not blocked: its tokens open what they did; " + hooks_of(bot) +
                 " get their events. To shut it out: esclusa user block " + login);
    }
    print_tokens(bot);
  }
}

}  // namespace

void print_block(const Json& answer) {
  print_line("Blocked " + login_of(answer) + ": its tokens open nothing; " + hooks_of(answer) +
             " it answers for will get nothing (see: esclusa hook adopt --help)");
  print_bots(answer);
  const auto was_last = answer.find("was_last_administrator");
  if (was_last && was_last->boolean().value_or(false)) {
    print_line(
        "Warning: no site administrator is left who is not blocked. This command line still "
        "administers the server: esclusa user create LOGIN --site-admin");
  }
  const auto without_owner = answer.find("without_owner");
  if (!without_owner) return;
  for (const Json& organization : without_owner->elements()) {
    const std::string login = organization.string().value_or("");
    print_line("Warning: " + login + " has no owner left who is not blocked. To give it one: " +
               "esclusa org add " + login + " LOGIN --role admin");
  }
}

void print_unblock(const Json& answer) {
  print_line("Unblocked " + login_of(answer) + ": its tokens open what they did; " +
             hooks_of(answer) + " get what waited");
  print_bots(answer);
}

}  // namespace esclusa::cli
