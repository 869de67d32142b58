#include "cli/agents.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/socket_command.h"
#include "client/api.h"

namespace esclusa::cli {
namespace {

struct TokenOptions {
  std::string repository, name, expires_in;
  std::vector<std::string> environments;
};

/// `/repositories/OWNER/NAME/agent-tokens`.
Result<std::string> tokens_path(const std::string& repository) {
  TRY(client::repository_path(repository));
  const auto slash = repository.find('/');
  return "/repositories/" + percent_encode(repository.substr(0, slash)) + "/" +
         percent_encode(repository.substr(slash + 1)) + "/agent-tokens";
}

/// `2 (web-1)`.
std::string described(const Json& token) {
  const std::string name = token.string_at("name").value_or("");
  return std::to_string(token.integer_at("id").value_or(0)) +
         (name.empty() ? "" : " (" + name + ")");
}

int create(const TokenOptions& options, const SocketOptions& socket) {
  const auto path = tokens_path(options.repository);
  if (!path) return report(path.error());
  JsonWriter json;
  json.begin_object().member("name", options.name).key("environments").begin_array();
  for (const std::string& environment : options.environments) json.value(environment);
  json.end_array();
  if (!options.expires_in.empty()) {
    const auto seconds = parse_duration(options.expires_in);
    if (!seconds) {
      return report({ErrorCode::invalid, "--expires should be such as 90d or 12h", {}, {}, {}});
    }
    json.member("expires_in_seconds", int64_t{seconds->count()});
  }
  json.end_object();
  return ask(socket, "POST", *path, json.take(), [](const Json& token) {
    // Standard output has the token only, as it is often a file.
    std::fprintf(stderr, "%s\n", printable("Token " + described(token)).c_str());
    print_line(token.string_at("token").value_or(""));
  });
}

/// `2026-11-30T17:00:00Z 10.0.0.7 renew_claim`, or `-`.
std::string seen_of(const Json& token) {
  const auto seen = token.find("seen");
  if (!seen || seen->is_null()) return "-";
  std::string text = seen->string_at("last_seen_at").value_or("");
  for (const char* member : {"address", "last_action"}) {
    const std::string more = seen->string_at(member).value_or("");
    if (!more.empty()) text += " " + more;
  }
  return text;
}

void show_list(const Json& tokens) {
  std::vector<std::vector<std::string>> rows = {{"ID", "NAME", "ENVIRONMENTS", "CREATED AT",
                                                 "EXPIRES AT", "LAST USED AT", "SEEN",
                                                 "REVOKED AT"}};
  for (const Json& token : tokens.elements()) {
    const auto text = [&](const char* member) { return token.string_at(member).value_or("-"); };
    std::vector<std::string> environments;
    if (const auto named = token.find("environments")) {
      for (const Json& name : named->elements()) environments.push_back(name.string().value_or(""));
    }
    rows.push_back({std::to_string(token.integer_at("id").value_or(0)), text("name"),
                    join(environments, ","), text("created_at"), text("expires_at"),
                    text("last_used_at"), seen_of(token), text("revoked_at")});
  }
  print_table(rows);
}

void add_token(CLI::App& agent, Action& action) {
  SocketCommand command =
      add_socket_command(agent, "token", "Makes a token for an agent and prints it, once");
  auto options = std::make_shared<TokenOptions>();
  command.app->add_option("repository", options->repository, "OWNER/NAME")->required();
  command.app
      ->add_option("--environment", options->environments,
                   "Whose deployments it is for; may be repeated")
      ->required();
  command.app->add_option("--name", options->name, "What it is for, such as web-1");
  command.app->add_option("--expires", options->expires_in, "Such as 90d or 12h; never if absent");
  command.app->callback(
      [=, &action] { action = [=] { return create(*options, *command.socket); }; });
}

void add_tokens(CLI::App& agent, Action& action) {
  SocketCommand command = add_socket_command(
      agent, "tokens", "Lists the tokens of a repository's agents, without their text");
  auto repository = std::make_shared<std::string>();
  command.app->add_option("repository", *repository, "OWNER/NAME")->required();
  command.app->callback([=, &action] {
    action = [=] {
      const auto path = tokens_path(*repository);
      if (!path) return report(path.error());
      return ask(*command.socket, "GET", *path, "", show_list);
    };
  });
}

void add_revoke(CLI::App& agent, Action& action) {
  SocketCommand command =
      add_socket_command(agent, "revoke", "Revokes a token of an agent, at once");
  auto id = std::make_shared<int64_t>();
  command.app->add_option("id", *id, "The token's id, from `esclusa agent tokens`")->required();
  command.app->callback([=, &action] {
    action = [=] {
      return ask(*command.socket, "DELETE", "/agent-tokens/" + std::to_string(*id), "",
                 [&](const Json&) { print_line("Revoked token " + std::to_string(*id) + "."); });
    };
  });
}

}  // namespace

void add_agent_tokens(CLI::App& agent, Action& action) {
  add_token(agent, action);
  add_tokens(agent, action);
  add_revoke(agent, action);
}

}  // namespace esclusa::cli
