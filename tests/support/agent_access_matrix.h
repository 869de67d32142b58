#pragma once
#include <string>

#include "support/access_rules_agents.h"
#include "support/access_rules_apps.h"
#include "support/access_rules_elsewhere.h"
#include "support/access_world.h"
#include "support/judged_answers.h"

namespace esclusa::test {

/// Sends requests by agents, which would succeed if they were admitted, and compares the answers
/// with `rules::`. Collects wrong answers by route.
class AgentAccessMatrix : public JudgedAnswers {
 public:
  explicit AgentAccessMatrix(AccessWorld& world, std::span<const api::Route> table = api::routes())
      : JudgedAnswers(world, table) {}

  /// Every route × repository × token: for the environment of the deployment, for another one of
  /// the repository, for another repository, and one that was revoked.
  void ask_repository_routes() {
    const std::string revoked = world_.revoked_agent_token(world_.repository("ada", true));
    for (const auto& route : rules::repository_routes) {
      for (const char* owner : {"ada", "works"}) {
        for (const bool is_private : {false, true}) {
          const auto& repository = world_.repository(owner, is_private);
          const auto& names = repository.names;
          const auto& other = world_.repository(owner, !is_private).names;
          ask(route, repository, "of the environment", names.at("agent_token"),
              judge(route, Reach::environment, is_private));
          ask(route, repository, "of another environment", names.at("foreign_agent_token"),
              judge(route, Reach::repository, is_private));
          ask(route, repository, "of another repository", other.at("agent_token"),
              judge(route, Reach::elsewhere, is_private));
          ask(route, repository, "revoked", revoked, rules::bad_credentials);
        }
      }
    }
  }

  /// Agents are members of no organization.
  void ask_organization_routes() {
    for (const auto& route : rules::organization_routes) {
      auto request = make_request(std::string(route.method),
                                  fill(route.path, world_.organization_names("works")));
      request.body = route.body;
      compare(std::string(route.method) + " " + std::string(route.path), "an agent",
              by(request, world_.repository("works", true).names.at("agent_token")), rules::hidden);
    }
  }

  /// The routes without a repository: an agent has a feed, and otherwise sees what nobody sees. It
  /// is neither an app nor an installation.
  void ask_other_routes() {
    const std::string& token = world_.repository("ada", true).names.at("agent_token");
    for (const auto& route : rules::other_routes) {
      auto request =
          make_request(std::string(route.method), fill(route.path, {{"username", "ada"},
                                                                    {"org", "works"},
                                                                    {"app_slug", "shop"},
                                                                    {"login", "ada"},
                                                                    {"owner", "ada"},
                                                                    {"repo", "public"},
                                                                    {"account", "ada"}}));
      if (!route.query.empty()) request.target += "?" + std::string(route.query);
      request.body = "{}";
      const bool is_own = route.to_nobody == rules::login;
      const rules::Verdict expected = route.path == "/esclusa/events" ? rules::Verdict{200, ""}
                                      : is_own                        ? rules::integration
                                                                      : route.to_nobody;
      compare(std::string(route.method) + " " + std::string(route.path), "an agent",
              by(request, token), expected);
    }
    for (const auto& route : rules::app_routes) {
      auto request = make_request(std::string(route.method), fill(route.path, world_.app_names()));
      request.body = route.body;
      compare(std::string(route.method) + " " + std::string(route.path), "an agent",
              by(request, token),
              route.signer == rules::Signer::app ? rules::undecodable : rules::no_installation);
    }
  }

 private:
  using Verdict = rules::Verdict;
  enum class Reach { environment, repository, elsewhere };

  static http::Request by(http::Request request, const std::string& credential) {
    request.headers = {{"Authorization", "Bearer " + credential}};
    return request;
  }
  static const rules::AgentRoute* find_rule(const rules::RepositoryRoute& route) {
    for (const auto& row : rules::agent_routes) {
      if (row.method == route.method && row.below == route.below && row.root == route.root) {
        return &row;
      }
    }
    return nullptr;
  }

  static Verdict judge(const rules::RepositoryRoute& route, Reach reach, bool is_private) {
    const rules::AgentRoute* rule = find_rule(route);
    if (rule != nullptr && reach != Reach::elsewhere && !(rule->only_public && is_private)) {
      return reach == Reach::environment ? rule->of_environment : rule->of_other;
    }
    if (is_private) return rules::hidden;
    return route.demand == rules::Standing::pull ? Verdict{route.answer, ""} : rules::integration;
  }

  void ask(const rules::RepositoryRoute& route, const AccessWorld::Repository& repository,
           const std::string& who, const std::string& token, const Verdict& expected) {
    auto request = AccessWorld::request_for(route, repository, AccessWorld::Address(++turn_ % 3));
    const rules::AgentRoute* rule = find_rule(route);
    if (rule != nullptr && !rule->query.empty()) request.target += "?" + std::string(rule->query);
    compare(std::string(route.method) + " " + std::string(route.root) + "/repos/{owner}/{repo}" +
                std::string(route.below),
            who, by(request, token), expected);
  }

  size_t turn_ = 0;
};

}  // namespace esclusa::test
