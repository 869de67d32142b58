#pragma once
#include <map>
#include <set>
#include <string>

#include "api/serve.h"
#include "app/agent_tokens.h"
#include "app/app_hooks.h"
#include "app/apps.h"
#include "app/branch_protections.h"
#include "app/installations.h"
#include "app/retention.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "store/identity.h"
#include "store/installations.h"
#include "support/access_rules.h"
#include "support/access_secrets.h"
#include "support/api_fixture.h"
#include "support/app_fixture.h"
#include "support/app_jwt.h"
#include "support/app_rows.h"
#include "support/fake_keys.h"
#include "support/path_pattern.h"
#include "support/public_keys.h"
#include "support/undoing_database.h"

namespace esclusa::test {

/// Accounts of every permission with tokens of every kind, and the repositories of their requests:
/// a public and a private one of ada and of the organization, each with one resource of each kind.
class AccessWorld {
 public:
  AccessWorld() {
    log::set_level(log::Level::error);
    settings_.retention = &retention_;
    sha_ = git_.commit("main", "a.txt", "one");
    tag_sha_ = git_.annotated_tag("v1", sha_);
    add_accounts();
    for (const char* owner : {"ada", "works"}) {
      add_repository(owner, core::Visibility::is_public);
      add_repository(owner, core::Visibility::is_private);
    }
    add_repository("others", core::Visibility::is_public);
    grant_roles();
    add_tokens();
    for (auto& [name, repository] : repositories_) add_objects(repository);
    for (const char* login : {"works", "others"}) {
      add_organization_hook(login);
      add_team(login);
    }
    shop_ = add_app("shop", app_permissions, {{"ada", {}}, {"works", {}}});
    core::HookConfigChanges hook;
    hook.url = "https://hooks.example/app";
    must(app::set_app_hook(app_.context, app_.administrator, "shop", hook));
    app_delivery_id_ = std::to_string(attempt_ping());
    write(app_.context.database, [&](store::Writer& tx) {
      const std::string digest = store::key_digest(keys_.keys()[0].key, "matrix");
      store::insert_identity(tx, {"matrix", digest}, app_.now);
    });
    app_.now += std::chrono::hours(1);  // now the expired token has expired
    rows_ = count_rows();
  }
  ~AccessWorld() { log::set_level(log::Level::info); }

  /// A repository, and its resources by the names that patterns use.
  struct Repository {
    std::string owner;
    std::string name;
    std::string id;
    std::map<std::string, std::string> names;
  };
  const Repository& repository(std::string_view owner, bool is_private) const {
    return repositories_.at(std::string(owner) + (is_private ? "/private" : "/public"));
  }

  /// The resources that patterns of organizations name. If `login` is not an organization, the ids
  /// belong to another one.
  std::map<std::string, std::string> organization_names(const std::string& login) {
    auto known = organizations_.find(login);
    const bool is_one = known != organizations_.end();
    auto names = is_one ? known->second : organizations_.at("works");
    names["org"] = login;
    names["org_id"] = std::to_string(app_.account(login).id.value);
    if (!is_one) names["team_id"] = absent_id;
    return names;
  }
  static constexpr const char* absent_id = "4711000";

  /// The addresses of an organization's route: as in the table, by ids, and for teams by their own
  /// ids alone.
  static std::vector<std::string> addresses_of(const rules::OrganizationRoute& route) {
    const std::string path(route.path);
    std::vector<std::string> addresses{path, "/api/v3" + path};
    auto add = [&](std::string_view names, const std::string& ids) {
      const size_t at = path.find(names);
      if (at == path.npos) return;
      addresses.push_back(path.substr(0, at) + ids + path.substr(at + names.size()));
    };
    constexpr std::string_view team = "/orgs/{org}/teams/{team_slug}";
    const bool is_of_a_team = path.starts_with(team);
    add(is_of_a_team ? team : "/orgs/{org}",
        is_of_a_team ? "/organizations/{org_id}/team/{team_id}" : "/organizations/{org_id}");
    if (is_of_a_team) add(team, "/teams/{team_id}");
    return addresses;
  }

  /// A request to the route in that repository; the caller is added later.
  enum class Address { by_name, by_id, below_api_v3 };
  static http::Request request_for(const rules::RepositoryRoute& route,
                                   const Repository& repository, Address address) {
    std::string root = address == Address::below_api_v3 ? "/api/v3" : "";
    root += route.root;
    root += address == Address::by_id ? "/repositories/" + repository.id
                                      : "/repos/" + repository.owner + "/" + repository.name;
    auto names = repository.names;
    // Custom rules have an environment of their own, so that the other routes meet none.
    if (route.below.contains("/deployment_protection_rule")) {
      names["environment_name"] = "checked";
      names["run_id"] = names["checked_run_id"];
    }
    if (route.below.ends_with("/rollback")) names["environment_name"] = "served";
    // So do claims: one deployment is claimed, and another one can be.
    if (route.below.ends_with("/claim")) {
      names["deployment_id"] = names[route.method == "POST" ? "claimable_id" : "claimed_id"];
    }
    auto request = make_request(std::string(route.method), root + fill(route.below, names));
    request.body = fill(route.body, names);
    return request;
  }

  /// The account's token with these scopes.
  const std::string& token(std::string_view login, std::string_view scopes) const {
    return tokens_.at({std::string(login), std::string(scopes)});
  }
  /// The `Authorization` header that sends a token in that form.
  std::string header(const rules::Way& way, const std::string& token) const {
    auto names = odd_tokens_;
    names["token"] = token;
    std::string credentials = fill(way.credentials, names);
    if (way.is_pair) credentials = base64(credentials);
    return fill(way.scheme, names) + (credentials.empty() ? "" : " " + credentials);
  }

  /// All permissions of which a route needs one, and some that none needs.
  static constexpr const char* app_permissions =
      "actions=write,administration=write,checks=write,contents=write,deployments=write,"
      "environments=write,issues=write,members=write,metadata=read,organization_hooks=write,"
      "repository_hooks=write,"
      "secrets=write,statuses=write";
  /// Where an app is installed: an account, and repositories there (none: all).
  using Places = std::vector<std::pair<std::string, std::vector<std::string>>>;
  /// Makes an app of ada's, and installs it.
  core::App add_app(const std::string& name, const std::string& permissions, const Places& places) {
    auto app = must(app::create_app(app_.context, app_.administrator,
                                    {.name = name,
                                     .owner = "ada",
                                     .permissions = must(core::Permissions::parse(permissions)),
                                     .public_key = app_key().public_key.pem}))
                   .app;
    for (const auto& [account, repositories] : places) install(app, account, repositories);
    return app;
  }
  core::Installation install(const core::App& app, const std::string& account,
                             const std::vector<std::string>& repositories = {}) {
    return must(
        app::install_app(app_.context, app_.administrator, {app.slug, account}, repositories));
  }
  /// The app `shop`, which is installed at ada and at works.
  const core::App& shop() const { return shop_; }
  core::Installation installation(const core::App& app, const std::string& account) {
    return found(
        must(app_.read([&](store::Reader& db) -> Result<std::optional<core::Installation>> {
          return store::find_installation(db, app.id, app_.account(account).id);
        })));
  }
  std::string jwt(const core::App& app) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(app_.now.time_since_epoch());
    return make_jwt(claims_for(std::to_string(app.id.value), seconds.count()));
  }
  /// A token of the app's installation there.
  std::string installation_token(const core::App& app, const std::string& account,
                                 const core::NewInstallationToken& input = {}) {
    return must(app::create_installation_token(app_.context, core::Actor::by_app(app),
                                               installation(app, account).id, input))
        .text.reveal();
  }
  /// What the patterns of routes of apps name: an installation of `shop`.
  std::map<std::string, std::string> app_names() {
    return {{"app_slug", "shop"},
            {"installation_id", std::to_string(installation(shop_, "ada").id.value)},
            {"delivery_id", app_delivery_id_},
            {"owner", "ada"},
            {"repo", "private"},
            {"username", "ada"},
            {"org", "works"}};
  }
  /// A token of an agent for these environments of the repository.
  std::string agent_token(const Repository& repository,
                          const std::vector<std::string>& environments,
                          std::optional<std::chrono::seconds> expires_in = {}) {
    return must(app::create_agent_token(app_.context, app_.administrator,
                                        {.owner = repository.owner,
                                         .repository = repository.name,
                                         .environments = environments,
                                         .expires_in = expires_in}))
        .text.reveal();
  }
  /// The same, revoked.
  std::string revoked_agent_token(const Repository& repository) {
    const auto minted = must(app::create_agent_token(app_.context, app_.administrator,
                                                     {.owner = repository.owner,
                                                      .repository = repository.name,
                                                      .environments = {"production"}}));
    must(app::revoke_agent_token(app_.context, app_.administrator, minted.grant.token.id));
    return minted.text.reveal();
  }
  void suspend(const core::App& app, const std::string& account) {
    must(app::suspend_installation(app_.context, app_.administrator, {app.slug, account}, true));
  }

  /// The database whose writes are rolled back, and the one whose writes are kept.
  const app::Context& undoing() const { return undoing_context_; }
  const app::Context& keeping() const { return app_.context; }
  const api::Settings& settings() const { return settings_; }
  int kept() const { return undoing_database_.kept(); }

  /// The number of rows of each table, one line each.
  std::string count_rows() {
    std::string counts;
    const auto tables = must(app_.read([](store::Reader& db) { return table_names(db); }));
    for (const std::string& name : tables) {
      counts += name + " " + std::to_string(app_.row_count(name)) + "\n";
    }
    return counts;
  }
  const std::string& first_rows() const { return rows_; }

 private:
  void add_accounts() {
    auto add = [&](const app::NewAccount& account) {
      must(app::create_account(app_.context, app_.administrator, account));
    };
    for (const char* name : {"stranger", "reader", "triager", "writer", "maintainer", "steward",
                             "director", "member", "colleague", "follower", "blocked"}) {
      add({.login = name, .human = ""});
    }
    add({.login = "robot", .kind = core::AccountKind::bot, .human = "ada"});
    add({.login = "chief", .site_admin = true, .human = ""});
    for (const char* name : {"works", "others"}) {
      add({.login = name, .kind = core::AccountKind::organization, .human = ""});
    }
    auto join = [&](const char* organization, const char* name, const char* role) {
      must(app::set_member(app_.context, app_.administrator, organization, name, role));
    };
    join("works", "director", "admin");
    join("works", "member", "member");
    join("works", "colleague", "member");
    join("others", "follower", "member");
  }

  void add_repository(const std::string& owner, core::Visibility visibility) {
    const std::string name(core::to_name(visibility));
    const auto made = must(app::create_repository(app_.context, app_.administrator,
                                                  {.owner = owner,
                                                   .name = name,
                                                   .path = git_.path().string(),
                                                   .visibility = visibility,
                                                   .auto_merge = {}}))
                          .repository;
    must(app::protect_branches(app_.context, app_.administrator, owner, name, "main"));
    repositories_[owner + "/" + name] = {owner, name, std::to_string(made.id.value), {}};
  }

  void grant_roles() {
    for (const auto& [full_name, repository] : repositories_) {
      auto grant = [&](const char* name, core::Role role) {
        must(app::grant_role(app_.context, app_.administrator, repository.owner, repository.name,
                             name, role));
      };
      grant("blocked", core::Role::admin);
      if (repository.owner == "works") {
        grant("colleague", core::Role::write);
        continue;
      }
      grant("reader", core::Role::read);
      grant("triager", core::Role::triage);
      grant("writer", core::Role::write);
      grant("maintainer", core::Role::maintain);
      grant("steward", core::Role::admin);
      grant("robot", core::Role::write);
    }
  }

  app::MintedToken mint(std::string_view login, std::string_view scopes,
                        std::optional<std::chrono::seconds> expires_in = {}) {
    return must(app::create_token(app_.context, app_.administrator,
                                  {.login = std::string(login),
                                   .name = "matrix",
                                   .scopes = std::string(scopes),
                                   .expires_in = expires_in}));
  }

  void add_tokens() {
    for (const rules::Subject& subject : rules::subjects) {
      for (std::string_view scopes : rules::scope_sets) {
        std::string& token = tokens_[{std::string(subject.login), std::string(scopes)}];
        if (token.empty()) token = mint(subject.login, scopes).text.reveal();
      }
    }
    odd_tokens_["expired"] = mint("ada", "repo", std::chrono::minutes(1)).text.reveal();
    odd_tokens_["blocked"] = mint("blocked", "repo").text.reveal();
    odd_tokens_["unknown"] = core::new_token_text().reveal();
    const auto revoked = mint("ada", "repo");
    must(app::revoke_token(app_.context, app_.administrator, revoked.token.id));
    odd_tokens_["revoked"] = revoked.text.reveal();
    app_.block("blocked");
  }

  /// Creates one resource of each kind as the site administrator, and records the ids.
  void add_objects(Repository& repository) {
    const std::string root = "/repositories/" + repository.id;
    auto post = [&](const std::string& path, const std::string& body) {
      return make("repo", root + path, body);
    };
    auto& names = repository.names;
    names["sha"] = names["commit_sha"] = names["tree_sha"] = sha_;
    names["tag_sha"] = tag_sha_;
    names["file_sha"] = git_.git({"rev-parse", sha_ + ":a.txt"});
    names["ref"] = "heads/main";
    names["branch"] = "main";
    names["username"] = repository.owner == "ada" ? "reader" : "colleague";
    names["basehead"] = "main...main";
    names["path"] = "a.txt";
    names["deployment_id"] =
        post("/deployments", R"({"ref": "main", "auto_merge": false, "required_contexts": []})");
    names["status_id"] =
        post("/deployments/" + names["deployment_id"] + "/statuses", R"({"state": "inactive"})");
    auto log =
        make_request("PATCH", "/esclusa" + root + "/deployments/" + names["deployment_id"] + "/log",
                     {{"Authorization", "Bearer " + token("chief", "repo")}});
    log.body = "begin";
    if (api::Api(app_.context, settings_).serve(log).status != 200) bug("the log was not taken");
    names["check_run_id"] =
        post("/check-runs", R"({"name": "build", "head_sha": ")" + sha_ + R"("})");
    names["check_suite_id"] = names["check_run_id"];
    names["hook_id"] = post("/hooks", R"({"config": {"url": "https://hooks.example/first"}})");
    names["new_key"] = public_key("new in " + repository.id);
    names["key_id"] = post("/keys", "{\"key\": \"" + public_key(repository.id) + "\"}");
    names["delivery_id"] = std::to_string(attempt_ping());
    add_guarded_environment(repository);
    add_checked_environment(repository);
    add_claims(repository);
    add_served(post, names);
  }

  /// Two deployments to an environment of their own, of which one is claimed.
  void add_claims(Repository& repository) {
    const std::string root = "/repositories/" + repository.id + "/deployments";
    auto& names = repository.names;
    for (const char* name : {"claimable_id", "claimed_id"}) {
      names[name] = make("repo", root,
                         R"({"ref": "main", "environment": "claimed", "auto_merge": false,
                             "required_contexts": []})");
    }
    auto claim = make_request("POST", "/esclusa" + root + "/" + names["claimed_id"] + "/claim",
                              {{"Authorization", "Bearer " + token("chief", "repo")}});
    claim.body = R"({"seconds": 3600})";
    if (api::Api(app_.context, settings_).serve(claim).status != 201) bug("no claim");
    names["agent_token"] = agent_token(repository, {"production", "claimed"});
    names["foreign_agent_token"] = agent_token(repository, {"guarded"});
  }

  /// An environment with branch patterns, and a deployment that waits in it.
  void add_guarded_environment(Repository& repository) {
    const std::string root = "/repositories/" + repository.id;
    auto request = make_request("PUT", root + "/environments/guarded",
                                {{"Authorization", "Bearer " + token("chief", "repo")}});
    request.body = R"({"wait_timer": 60, "deployment_branch_policy":
        {"protected_branches": false, "custom_branch_policies": true}})";
    if (api::Api(app_.context, settings_).serve(request).status != 200) bug("no environment");
    auto& names = repository.names;
    names["environment_name"] = "guarded";
    names["branch_policy_id"] = make(
        "repo", root + "/environments/guarded/deployment-branch-policies", R"({"name": "main"})");
    names["run_id"] = make("repo", root + "/deployments",
                           R"({"ref": "main", "environment": "guarded", "auto_merge": false,
                               "required_contexts": []})");
    names["workflow_id"] = names["run_id"];
    add_secrets(api::Api(app_.context, settings_), root + "/environments/guarded",
                token("chief", "repo"), names);
  }

  /// An environment with a custom rule, and a deployment that waits for its app. Another app could
  /// provide a second rule.
  void add_checked_environment(Repository& repository) {
    const std::string root = "/repositories/" + repository.id;
    auto request = make_request("PUT", root + "/environments/checked",
                                {{"Authorization", "Bearer " + token("chief", "repo")}});
    if (api::Api(app_.context, settings_).serve(request).status != 200) bug("no environment");
    auto& names = repository.names;
    const std::string rules = root + "/environments/checked/deployment_protection_rules";
    names["integration_id"] = std::to_string(find_rule_app(repository, "checker").value);
    names["protection_rule_id"] =
        make("repo", rules, "{\"integration_id\": " + names["integration_id"] + "}");
    names["integration_id"] = std::to_string(find_rule_app(repository, "second").value);
    names["checked_run_id"] = make("repo", root + "/deployments",
                                   R"({"ref": "main", "environment": "checked",
                                       "auto_merge": false, "required_contexts": []})");
  }

  /// An app that is installed at the repository's owner, and can provide custom rules.
  AppId find_rule_app(const Repository& repository, const std::string& slug) {
    const core::Account owner = app_.account(repository.owner);
    return write(app_.context.database, [&](store::Writer& tx) {
      const std::string name = slug + "-of-" + repository.owner;
      if (const auto known = store::find_app(tx, name)) return known->id;
      core::App app = test::add_app(tx, owner, name, "deployments=write");
      app.events = {"deployment_protection_rule"};
      test::add_installation(tx, app, owner);
      return app.id;
    });
  }

  /// A team that every member sees, with a member of the organization and a repository that
  /// everybody may read.
  void add_team(const std::string& login) {
    auto& names = organizations_[login];
    names["team_slug"] = "team";
    names["username"] = login == "works" ? "colleague" : "follower";
    names["owner"] = login;
    names["repo"] = "public";
    names["team_id"] =
        make("repo:invite security_events admin:org admin:public_key delete_repo",
             "/orgs/" + login + "/teams",
             R"({"name": "Team", "privacy": "closed", "maintainers": [")" + names["username"] +
                 R"("], "repo_names": [")" + login + R"(/public"]})");
  }

  void add_organization_hook(const std::string& login) {
    auto& names = organizations_[login];
    names["hook_id"] = make(rules::hooks_there.opened_by, "/orgs/" + login + "/hooks",
                            R"({"config": {"url": "https://hooks.example/first"}})");
    names["delivery_id"] = std::to_string(attempt_ping());
  }

  /// Creates a resource as the site administrator; returns its id.
  std::string make(std::string_view scopes, const std::string& path, const std::string& body) {
    api::Api api(app_.context, settings_);
    auto request =
        make_request("POST", path, {{"Authorization", "Bearer " + token("chief", scopes)}});
    request.body = body;
    const auto made = must(Json::parse(api.serve(request).body));
    return std::to_string(found(made.integer_at("id")));
  }

  /// Attempts to deliver the pending ping; returns the id of what the API calls a delivery.
  int64_t attempt_ping() {
    return write(app_.context.database, [&](store::Writer& tx) {
      const auto due = list_due(tx, app_.now);
      const store::DeliveryAttempt attempt{.attempted_at = app_.now,
                                           .status_code = 200,
                                           .url = due.at(0).hook.url,
                                           .status = "OK",
                                           .request_headers = "{}",
                                           .response_headers = "{}",
                                           .response_body = ""};
      store::record_attempt(tx, due[0], attempt, {.delivered = true, .next_attempt_at = {}});
      return list_attempts(tx).back().id.value;
    });
  }

  AppFixture app_;
  GitFixture git_;
  std::string sha_;
  std::string tag_sha_;
  api::Settings settings_{.external_url = "http://h", .hook_destinations = {}};
  UndoingDatabase undoing_database_{app_.context.database};
  FakeKeys keys_;
  app::Context undoing_context_{.database = undoing_database_,
                                .sealer = app_.context.sealer,
                                .now = app_.context.now,
                                .boot_now = app_.context.boot_now,
                                .event_urls = app_.context.event_urls,
                                .repositories_directory = app_.context.repositories_directory,
                                .committed = [](app::Topics) {},
                                .token_use = app_.context.token_use,
                                .keys = &keys_};
  app::Retention retention_{undoing_context_, {}};
  std::map<std::string, Repository> repositories_;
  std::map<std::string, std::map<std::string, std::string>> organizations_;  ///< names by login
  std::map<std::pair<std::string, std::string>, std::string> tokens_;
  std::map<std::string, std::string> odd_tokens_;
  core::App shop_;
  std::string app_delivery_id_;
  std::string rows_;
};

}  // namespace esclusa::test
