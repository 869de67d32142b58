#include "cli/administration.h"

#include <CLI/CLI.hpp>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/blocking.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

/// `block` or `unblock`: calls the server with `method`, and shows the new state of the account.
void add_blocking(Action& action, SocketCommand command, const char* method, const char* keep_bots,
                  Show show) {
  auto login = std::make_shared<std::string>();
  auto keeps_bots = std::make_shared<bool>(false);
  command.app->add_option("login", *login, "Login")->required();
  command.app->add_flag("--keep-bots", *keeps_bots, keep_bots);
  command.app->callback([=, &action] {
    action = [=] {
      return ask(
          *command.socket, method,
          "/users/" + percent_encode(*login) + "/blocked" + (*keeps_bots ? "?bots=stay" : ""), "",
          show);
    };
  });
}

void add_block_and_unblock(CLI::App& group, Action& action) {
  SocketCommand block = add_socket_command(
      group, "block", "Shuts an account out at once, with its tokens, hooks and bots");
  block.app->footer(
      "The bots for which a human answers are blocked too, and their tokens are listed. Events\n"
      "for hooks wait until the account is unblocked, or somebody adopts the hook with:\n"
      "esclusa hook adopt TARGET ID");
  add_blocking(action, block, "PUT", "Leave the bots for which it answers as they are",
               print_block);
  SocketCommand unblock = add_socket_command(
      group, "unblock", "Unblocks an account, and the bots that were blocked together with it");
  add_blocking(action, unblock, "DELETE",
               "Leave the bots blocked that were blocked together with it", print_unblock);
}

}  // namespace

void add_user(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "user", "Administers accounts");
  struct Options {
    std::string login, kind = "user", human;
    bool site_admin = false;
  };
  SocketCommand create = add_socket_command(group, "create", "Makes an account");
  auto options = std::make_shared<Options>();
  create.app->add_option("login", options->login, "Login")->required();
  create.app->add_option("--kind", options->kind, "user, organization or bot")
      ->capture_default_str();
  create.app->add_option("--human", options->human, "For a bot: who answers for it");
  create.app->add_flag("--site-admin", options->site_admin, "Administers every repository");
  create.app->callback([=, &action] {
    action = [=] {
      JsonWriter json;
      json.begin_object()
          .member("login", options->login)
          .member("kind", options->kind)
          .member("human", options->human)
          .member("site_admin", options->site_admin)
          .end_object();
      return ask(*create.socket, "POST", "/users", json.take(), [](const Json& account) {
        print_line("Made the " + account.string_at("kind").value_or("account") + " " +
                   account.string_at("login").value_or(""));
      });
    };
  });
  SocketCommand list = add_socket_command(group, "list", "Lists the accounts");
  list.app->callback([=, &action] {
    action = [=] {
      return ask(*list.socket, "GET", "/users", "",
                 show_table({"id", "login", "kind", "site_admin", "created_at", "blocked_at"}));
    };
  });
  add_block_and_unblock(group, action);
}

void add_token(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "token", "Administers tokens");
  struct Options {
    std::string login, scopes, name, expires_in;
  };
  SocketCommand create = add_socket_command(group, "create", "Makes a token and prints it, once");
  auto options = std::make_shared<Options>();
  create.app->add_option("login", options->login, "Whose token")->required();
  create.app->add_option("--scopes", options->scopes,
                         "GitHub's classic scopes, such as repo_deployment,repo:status");
  create.app->add_option("--name", options->name, "What it is for");
  create.app->add_option("--expires-in", options->expires_in,
                         "Such as 90d or 12h; never if absent");
  create.app->callback([=, &action] {
    action = [=] {
      JsonWriter json;
      json.begin_object().member("scopes", options->scopes).member("name", options->name);
      if (!options->expires_in.empty()) {
        auto seconds = parse_duration(options->expires_in);
        if (!seconds) {
          return report(
              {ErrorCode::invalid, "--expires-in should be such as 90d or 12h", {}, {}, {}});
        }
        json.member("expires_in_seconds", int64_t{seconds->count()});
      }
      json.end_object();
      return ask(*create.socket, "POST", "/users/" + percent_encode(options->login) + "/tokens",
                 json.take(),
                 [](const Json& token) { print_line(token.string_at("token").value_or("")); });
    };
  });
  SocketCommand list =
      add_socket_command(group, "list", "Lists an account's tokens, without their text");
  auto login = std::make_shared<std::string>();
  list.app->add_option("login", *login, "Whose tokens")->required();
  list.app->callback([=, &action] {
    action = [=] {
      return ask(*list.socket, "GET", "/users/" + percent_encode(*login) + "/tokens", "",
                 show_table({"id", "name", "scopes", "created_at", "expires_at", "last_used_at",
                             "revoked_at"}));
    };
  });
  SocketCommand revoke = add_socket_command(group, "revoke", "Revokes a token, at once");
  auto id = std::make_shared<int64_t>();
  revoke.app->add_option("id", *id, "The token's id, from `esclusa token list`")->required();
  revoke.app->callback([=, &action] {
    action = [=] {
      return ask(*revoke.socket, "DELETE", "/tokens/" + std::to_string(*id), "", show_nothing);
    };
  });
}

void add_organization(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "org", "Administers organizations");
  struct Options {
    std::string organization, login, role = "member";
  };
  SocketCommand add =
      add_socket_command(group, "add", "Makes an account a member of an organization");
  auto options = std::make_shared<Options>();
  add.app->add_option("organization", options->organization, "Organization")->required();
  add.app->add_option("login", options->login, "Member")->required();
  add.app->add_option("--role", options->role, "member, or admin: administers its repositories")
      ->capture_default_str();
  add.app->callback([=, &action] {
    action = [=] {
      JsonWriter json;
      json.begin_object().member("role", options->role).end_object();
      return ask(*add.socket, "PUT",
                 "/organizations/" + percent_encode(options->organization) + "/members/" +
                     percent_encode(options->login),
                 json.take(), show_nothing);
    };
  });
}

}  // namespace esclusa::cli
