#pragma once
#include <map>
#include <string>
#include <vector>

#include "support/access_rules_apps.h"
#include "support/access_rules_elsewhere.h"
#include "support/access_world.h"
#include "support/judged_answers.h"

namespace esclusa::test {

/// Sends requests by apps and by their installations, which would succeed if they were admitted,
/// and compares the answers with `rules::`. Collects wrong answers by route.
class AppAccessMatrix : public JudgedAnswers {
 public:
  explicit AppAccessMatrix(AccessWorld& world, std::span<const api::Route> table = api::routes())
      : JudgedAnswers(world, table) {
    // What each of them has is named after its one repository.
    const AccessWorld::Places all{{"ada", {}}, {"works", {}}};
    const AccessWorld::Places only_private{{"ada", {"private"}}, {"works", {"private"}}};
    const AccessWorld::Places only_public{{"ada", {"public"}}, {"works", {"public"}}};
    has_private_ = world.add_app("has-private", AccessWorld::app_permissions, only_private);
    has_public_ = world.add_app("has-public", AccessWorld::app_permissions, only_public);
    lost_public_ = world.add_app("lost-public", AccessWorld::app_permissions, all);
    lost_private_ = world.add_app("lost-private", AccessWorld::app_permissions, all);
    for (const char* owner : {"ada", "works"}) {
      for (std::string_view permissions : rules::permission_sets) {
        add_tokens(owner, std::string(permissions));
      }
    }
    for (const char* owner : {"ada", "works"}) {
      world.install(lost_public_, owner, {"private"});
      world.install(lost_private_, owner, {"public"});
    }
    suspended_ = world.add_app("suspended", AccessWorld::app_permissions, all);
    suspended_token_ = world.installation_token(suspended_, "ada");
    world.suspend(suspended_, "ada");
  }

  /// Route × permissions × reach × public or private; the owners take turns.
  void ask_repository_routes() {
    for (const auto& route : rules::repository_routes) {
      for (std::string_view permissions : rules::permission_sets) {
        for (const bool is_private : {false, true}) {
          ask(route, permissions, rules::Reach::yes, is_private);
        }
      }
      using enum rules::Reach;
      for (const rules::Reach reach : {selected, token, lost, other, elsewhere}) {
        for (const bool is_private : {false, true}) {
          ask(route, rules::permission_sets[0], reach, is_private);
          ask(route, rules::permission_sets[2], reach, is_private);
        }
      }
    }
  }

  void ask_organization_routes() {
    for (const auto& route : rules::organization_routes) {
      const std::string name = name_of(route.method, route.path);
      for (const char* installed_at : {"works", "ada"}) {
        for (std::string_view permissions : rules::permission_sets) {
          auto request = make_request(std::string(route.method),
                                      fill(route.path, world_.organization_names("works")));
          request.body = route.body;
          compare(name, "at " + std::string(installed_at) + ", " + std::string(permissions),
                  by(request, token(installed_at, permissions)),
                  judge(route, installed_at, permissions));
        }
      }
      // What is the organization's is neither granted nor taken away by a choice of repositories.
      for (const rules::Reach reach : {rules::Reach::selected, rules::Reach::token}) {
        for (const size_t set : {0, 2}) {
          const std::string permissions(rules::permission_sets[set]);
          auto request = make_request(std::string(route.method),
                                      fill(route.path, world_.organization_names("works")));
          request.body = route.body;
          compare(name, "with one repository, " + permissions,
                  by(request, token("works", permissions, reach, false)),
                  judge(route, "works", permissions));
        }
      }
    }
  }

  /// An app without an installation, and an installation that is suspended, at every route of
  /// repositories and organizations.
  void ask_with_bad_credentials() {
    for (const auto& route : rules::repository_routes) {
      for (const bool is_private : {false, true}) {
        const auto request = AccessWorld::request_for(route, world_.repository("ada", is_private),
                                                      AccessWorld::Address::by_name);
        refuse(name_of(route), request);
      }
    }
    for (const auto& route : rules::organization_routes) {
      refuse(name_of(route.method, route.path),
             make_request(std::string(route.method),
                          fill(route.path, world_.organization_names("works"))));
    }
  }

  /// What an app asks about itself, and an installation about itself, by each kind of caller.
  void ask_app_routes() {
    for (const auto& route : rules::app_routes) {
      const bool is_of_app = route.signer == rules::Signer::app;
      const rules::Verdict open{route.answer, ""};
      const std::string name = name_of(route.method, route.path);
      auto request = make_request(std::string(route.method), fill(route.path, world_.app_names()));
      request.body = route.body;
      compare(name, "nobody", request, is_of_app ? rules::undecodable : rules::login);
      for (const char* login : {"ada", "chief", "stranger"}) {
        compare(name, login, by(request, world_.token(login, "repo")),
                is_of_app ? rules::undecodable : rules::no_installation);
      }
      compare(name, "an installation", by(request, token("ada", rules::permission_sets[0])),
              is_of_app ? rules::undecodable : open);
      compare(name, "a suspended installation", by(request, suspended_token_),
              rules::bad_credentials);
      compare(name, "the app", by(request, world_.jwt(world_.shop())),
              is_of_app ? open : rules::bad_credentials);
    }
  }

  /// The routes without a repository. Installations see what nobody sees, and have nothing of
  /// their own; an app needs an installation for whatever depends on the caller.
  void ask_other_routes() {
    for (const auto& route : rules::other_routes) {
      const std::string name = name_of(route.method, route.path);
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
      compare(name, "an installation", by(request, token("ada", rules::permission_sets[0])),
              is_own ? rules::integration : route.to_nobody);
      const bool depends = is_own || depends_on_caller(route.path);
      compare(name, "the app", by(request, world_.jwt(world_.shop())),
              depends ? rules::bad_credentials : route.to_nobody);
    }
  }

 private:
  using Verdict = rules::Verdict;

  static std::string name_of(std::string_view method, std::string_view path) {
    return std::string(method) + " " + std::string(path);
  }
  static std::string name_of(const rules::RepositoryRoute& route) {
    return name_of(route.method,
                   std::string(route.root) + "/repos/{owner}/{repo}" + std::string(route.below));
  }
  static http::Request by(http::Request request, const std::string& credential) {
    request.headers = {{"Authorization", "Bearer " + credential}};
    return request;
  }

  /// Lists of what the caller may see; all other lists are the same for everybody.
  static bool depends_on_caller(std::string_view path) {
    for (std::string_view one :
         {"/users/{username}/repos", "/users/{username}/orgs", "/orgs/{org}/repos",
          "/orgs/{org}/events", "/orgs/{org}/issues", "/orgs/{org}/public_members",
          "/search/repositories", "/search/users"}) {
      if (path == one) return true;
    }
    return false;
  }

  void add_tokens(const std::string& owner, const std::string& permissions) {
    const auto parsed = must(core::Permissions::parse(permissions));
    const auto mint = [&](rules::Reach reach, bool is_private, const core::App& app,
                          std::optional<std::vector<std::string>> repositories = {}) {
      tokens_[{owner, permissions, reach, is_private}] = world_.installation_token(
          app, owner, {.repositories = std::move(repositories), .permissions = parsed});
    };
    for (const bool is_private : {false, true}) {
      const std::string name = is_private ? "private" : "public";
      mint(rules::Reach::yes, is_private, world_.shop());
      mint(rules::Reach::token, is_private, world_.shop(), {{name}});
      mint(rules::Reach::selected, is_private, is_private ? has_private_ : has_public_);
      mint(rules::Reach::other, is_private, is_private ? has_public_ : has_private_);
      mint(rules::Reach::lost, is_private, is_private ? lost_private_ : lost_public_, {{name}});
    }
  }
  const std::string& token(std::string_view owner, std::string_view permissions,
                           rules::Reach reach = rules::Reach::yes, bool is_private = true) const {
    return tokens_.at({std::string(owner), std::string(permissions), reach, is_private});
  }

  /// Whether the token's permissions have all that are needed. A permission to write can read.
  static bool have(std::string_view permissions, std::string_view needs) {
    if (needs.empty()) return false;
    const auto given = split(permissions, ',');
    return std::ranges::all_of(split(needs, ','), [&](std::string_view need) {
      const std::string writing = std::string(need.substr(0, need.find('='))) + "=write";
      return std::ranges::any_of(
          given, [&](std::string_view one) { return one == need || one == writing; });
    });
  }
  template <size_t size>
  static std::string_view needs_of(const rules::RoutePermission (&table)[size],
                                   std::string_view method, std::string_view below,
                                   std::string_view root) {
    for (const auto& row : table) {
      if (row.method == method && row.below == below && row.root == root) return row.needs;
    }
    bug("no permission is written for " + name_of(method, below));
  }

  static Verdict judge(const rules::RepositoryRoute& route, std::string_view permissions,
                       rules::Reach reach, bool is_private) {
    using enum rules::Reach;
    const bool is_reached = reach == yes || reach == selected || reach == rules::Reach::token;
    const Verdict open{route.answer, ""};
    if (!is_private && route.demand == rules::Standing::pull) return open;
    if (!is_reached) return is_private ? rules::hidden : rules::integration;
    const auto needs =
        needs_of(rules::repository_permissions, route.method, route.below, route.root);
    return have(permissions, needs) ? open : rules::integration;
  }
  static Verdict judge(const rules::OrganizationRoute& route, std::string_view installed_at,
                       std::string_view permissions) {
    if (installed_at != "works") return rules::hidden;
    const auto needs = needs_of(rules::organization_permissions, route.method, route.path, "");
    return have(permissions, needs) ? Verdict{route.answer, ""} : rules::integration;
  }

  void ask(const rules::RepositoryRoute& route, std::string_view permissions, rules::Reach reach,
           bool is_private) {
    const bool is_first = ++turn_ % 2 == 0;
    const std::string owner = is_first ? "ada" : "works", other = is_first ? "works" : "ada";
    const std::string& credential = reach == rules::Reach::elsewhere
                                        ? token(other, permissions)
                                        : token(owner, permissions, reach, is_private);
    const auto request = AccessWorld::request_for(route, world_.repository(owner, is_private),
                                                  AccessWorld::Address(turn_ / 2 % 3));
    compare(name_of(route),
            "reach " + std::to_string(static_cast<int>(reach)) + ", " + std::string(permissions),
            by(request, credential), judge(route, permissions, reach, is_private));
  }

  void refuse(const std::string& name, const http::Request& request) {
    compare(name, "the app", by(request, world_.jwt(world_.shop())), rules::bad_credentials);
    compare(name, "suspended", by(request, suspended_token_), rules::bad_credentials);
  }

  struct Key {
    std::string owner;
    std::string permissions;
    rules::Reach reach;
    bool is_private;
    auto operator<=>(const Key&) const = default;
  };

  core::App has_private_, has_public_, lost_private_, lost_public_, suspended_;
  std::map<Key, std::string> tokens_;
  std::string suspended_token_;
  size_t turn_ = 0;
};

}  // namespace esclusa::test
