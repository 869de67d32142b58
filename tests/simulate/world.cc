#include "simulate/world.h"

#include <fstream>

#include "app/access.h"
#include "app/administration.h"
#include "app/agent_tokens.h"
#include "app/authentication.h"
#include "app/claims.h"
#include "app/repositories.h"
#include "base/check.h"
#include "core/operations/deployments.h"
#include "store/hooks.h"
#include "store/schema.h"
#include "store/teams.h"
#include "support/app_rows.h"
#include "support/store_rows.h"

namespace esclusa::simulate {
namespace {

const Timestamp beginning = from_micros(1'700'000'000'000'000);
const BootTime first_boot{"boot-0", std::chrono::hours(1)};

/// Two people of each relevant kind, and their bots.
const std::vector<Person> people = {
    {.login = "ada", .human = 0, .is_admin = true, .in_team = {true, false}},
    {.login = "bea", .human = 1, .in_team = {true, true}},
    {.login = "cyd", .human = 2, .in_team = {false, true}},
    {.login = "dan", .human = 3, .is_admin = true},
    {.login = "eve", .human = 4},
    {.login = "ada-bot", .human = 0, .in_team = {true, false}},
    {.login = "bea-bot", .human = 1},
    {.login = "guard[bot]", .human = 7, .has_role = false, .is_app = true},
    {.login = "quiet[bot]", .human = 8, .has_role = false, .is_app = true},
};

const std::vector<App> apps = {{.slug = "guard", .person = 7},
                               {.slug = "quiet", .person = 8, .has_hook = false}};

/// The last one is a commit itself; its name is set later.
const std::vector<Ref> refs = {
    {"main", RefKind::branch, "main"},   {"release/1", RefKind::branch, "release/1"},
    {"topic", RefKind::branch, "topic"}, {"v1", RefKind::tag, "v1"},
    {"", RefKind::commit, ""},
};

const std::vector<Environment> environments = {
    {.name = "staging"}, {.name = "production"}, {.name = "preview"}};

/// Two for the same environments, and one for another.
const std::vector<Agent> agents = {{"web-1", {0, 1}}, {"web-2", {0, 1}}, {"previews", {2}}};

/// The value of a call that cannot fail here.
template <class T>
T must(Result<T> result) {
  if (!result) bug(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace

World::World()
    : database((folder_ / "esclusa.db").string()),
      context{.database = database,
              .sealer = test::sealer(),
              .now = [this] { return wall; },
              .boot_now = [this] { return boot; },
              .event_urls = {"http://api.example", "http://web.example"},
              .repositories_directory = folder_.path(),
              .committed = [](app::Topics) {},
              .token_use = token_use_} {
  wall = beginning;
  boot = first_boot;
  database.connection().execute("pragma synchronous=off");
  database.connection().execute("pragma temp_store=memory");
  must(sql::migrate(database, store::migrations()));
  add_people();
  add_commits();
  add_teams();
  enter_repository();
  add_apps();
  add_agents();
}

void World::add_people() {
  const core::Actor administrator = core::Actor::local_administrator();
  for (const Person& person : people) {
    if (person.is_app) continue;
    const Person& human = people[person.human];
    const bool is_bot = human.login != person.login;
    must(app::create_account(context, administrator,
                             {.login = person.login,
                              .kind = is_bot ? core::AccountKind::bot : core::AccountKind::user,
                              .human = is_bot ? human.login : ""}));
    auto& tokens = actors_.emplace_back();
    for (const char* name : {"one", "two"}) {
      auto minted = must(app::create_token(
          context, administrator,
          {.login = person.login, .name = name, .scopes = "repo", .expires_in = std::nullopt}));
      tokens.push_back(must(database.read([&](store::Reader& db) {
                         return app::authenticate(context, db, minted.text.reveal());
                       })).in_request("request"));
    }
  }
}

void World::add_commits() {
  for (const char* content : {"a", "b", "c"}) {
    commits_.push_back(git_.commit("main", "file", content));
  }
  for (size_t i = 0; i < refs.size(); ++i) {
    at_.push_back(commits_.size());  // an invalid index, so that the first seed moves the ref
    if (refs[i].kind != RefKind::commit) move(i, 0);
  }
  at_.back() = 0;
  const core::Actor administrator = core::Actor::local_administrator();
  repository_ = must(app::create_repository(context, administrator,
                                            {.owner = "demo",
                                             .name = "shop",
                                             .path = git_.path().string(),
                                             .auto_merge = std::nullopt}))
                    .repository;
  for (const Person& person : people) {
    if (person.is_app) continue;
    must(app::grant_role(context, administrator, "demo", "shop", person.login,
                         person.is_admin ? core::Role::admin : core::Role::write));
  }
}

void World::add_teams() {
  must(database.write([&](store::Writer& tx) {
    for (size_t i = 0; i < people.front().in_team.size(); ++i) {
      core::Team team;
      team.organization = repository_.owner;
      team.name = team.slug = "team-" + std::to_string(i);
      team.privacy = core::TeamPrivacy::closed;
      teams_.push_back(store::insert_team(tx, team).value());
      if (i == 0) store::set_team_role(tx, teams_[i], repository_.id, core::Role::read);
      for (size_t p = 0; p < people.size(); ++p) {
        if (people[p].in_team[i]) {
          store::set_team_member(tx, teams_[i], account_id(p), core::TeamRole::member);
        }
      }
    }
    core::Hook hook;
    hook.target = repository_.id;
    hook.url = "http://127.0.0.1:1/hook";
    hook.content_type = core::HookContentType::json;
    hook.events = {"deployment"};
    hook.created_at = wall;
    hook_ = store::insert_hook(tx, context.sealer, hook, account_id(0));
  }));
}

/// An app's access differs from that of a person in who acts.
void World::add_apps() {
  must(database.write([&](store::Writer& tx) {
    for (const App& each : apps) {
      core::App app = test::add_app(tx, repository_.owner, each.slug, "deployments=write");
      app.events = {"deployment_protection_rule"};
      const auto installation = test::add_installation(tx, app, repository_.owner);
      app::RepositoryAccess access = accesses_[0][0];
      access.actor =
          core::Actor::by_installation(test::add_grant(tx, installation, "digest of " + each.slug));
      accesses_.push_back({access, access});
      apps_.push_back(std::move(app));
      if (each.has_hook) test::add_app_hook(tx, apps_.back(), account_id(0));
    }
  }));
}

void World::add_agents() {
  for (const Agent& agent : agents) {
    std::vector<std::string> names;
    for (const size_t environment : agent.environments) {
      names.push_back(environments[environment].name);
    }
    auto minted = must(app::create_agent_token(
        context, core::Actor::local_administrator(),
        {.owner = "demo", .repository = "shop", .environments = names, .name = agent.name}));
    app::RepositoryAccess access = accesses_[0][0];
    access.actor = core::Actor::by_agent(std::move(minted.grant));
    agents_.push_back(std::move(access));
  }
}

void World::set_installed(size_t app, bool installed) {
  sql::Writer& db = database.connection();
  const AccountId owner = repository_.owner.id;
  if (installed) {
    test::add_installation(db, apps_[app], repository_.owner);
  } else {
    store::remove_installation(db, store::find_installation(db, apps_[app].id, owner).value().id,
                               wall);
  }
}

void World::set_suspended(size_t app, bool suspended) {
  sql::Writer& db = database.connection();
  const auto there = store::find_installation(db, apps_[app].id, repository_.owner.id);
  store::set_suspended(db, there.value().id, suspended ? std::optional(wall) : std::nullopt, {},
                       wall);
}

Model World::begin_seed(Watcher& watcher, bool with_agents) {
  wall = beginning;
  boot = first_boot;
  for (size_t i = 0; i < refs.size(); ++i) move(i, 0);
  database.begin_seed(watcher);
  start_timer();
  Model model;
  model.people = people;
  model.refs = refs;
  model.refs.back().given = commits_[0];
  model.environments = environments;
  model.apps = apps;
  if (with_agents) model.agents = agents;
  model.wall = wall;
  model.boot = boot;
  return model;
}

void World::look() {
  if (std::exchange(is_looking_, true)) return;
  const std::unique_ptr<bool, void (*)(bool*)> end(&is_looking_, [](bool* is) { *is = false; });
  timer_->look();
  app::expire_claims(context);
}

const app::RepositoryAccess& World::access(size_t person, size_t token) const {
  return accesses_[person][token];
}

/// Everybody may write there. An access is judged once: what a person may do later is for the
/// operations themselves to ask.
void World::enter_repository() {
  for (const auto& tokens : actors_) {
    auto& accesses = accesses_.emplace_back();
    for (const core::Actor& actor : tokens) {
      accesses.push_back(must(database.read([&](store::Reader& db) {
        return app::enter(db, actor, repository_.id, core::operations::create_deployment);
      })));
    }
  }
}

void World::move(size_t ref, size_t commit) {
  if (refs[ref].kind == RefKind::commit || at_[ref] == commit) return;
  const bool is_tag = refs[ref].kind == RefKind::tag;
  const auto file = git_.git_directory() / "refs" / (is_tag ? "tags" : "heads") / refs[ref].name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::trunc);
  stream << commits_[commit] << '\n';
  ENSURE(stream.flush().good());
  at_[ref] = commit;
}

}  // namespace esclusa::simulate
