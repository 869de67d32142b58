#pragma once
#include <memory>
#include <string>

#include "app/access.h"
#include "app/administration.h"
#include "app/authentication.h"
#include "app/change.h"
#include "app/deployment_statuses.h"
#include "app/deployments.h"
#include "app/hooks.h"
#include "app/repositories.h"
#include "core/operations/deployments.h"
#include "support/database_fixture.h"
#include "support/git_fixture.h"
#include "support/store_rows.h"
#include "support/stored_rows.h"

namespace esclusa::test {

/// Use cases on a real SQLite database and real git repositories, with a clock that stands still.
class AppFixture {
 public:
  AppFixture()
      : context{.database = store.database(),
                .sealer = sealer(),
                .now = [this] { return now; },
                .boot_now = [this] { return boot; },
                .event_urls = {"http://api.example", "http://web.example"},
                .repositories_directory = folder / "repositories",
                .committed =
                    [this](app::Topics topics) {
                      told.events |= topics.events;
                      told.deliveries |= topics.deliveries;
                    },
                .token_use = token_use} {
    std::filesystem::create_directory(context.repositories_directory);
    must(app::create_account(context, administrator, {.login = "ada", .human = ""}));
  }

  /// Runs a use case that reads, in a snapshot of its own.
  template <class Work>
  auto read(Work work) {
    return context.database.read(std::move(work));
  }
  template <class Work>
  auto write(Work work) {
    return context.database.write(std::move(work));
  }
  template <class Work>
  auto change(const core::Actor& actor, Work work) {
    return app::change(context, actor, std::move(work));
  }

  /// Registers the repository for ada, and opens it as ada.
  app::RepositoryAccess add(const GitFixture& git, bool writable = true,
                            std::optional<core::MergePolicy> auto_merge = {},
                            const std::string& name = "application") {
    must(app::create_repository(context, administrator,
                                {.owner = "ada",
                                 .name = name,
                                 .path = git.path().string(),
                                 .writable = writable,
                                 .auto_merge = auto_merge}));
    return open("ada", name);
  }

  /// Creates a bare repository of ada, and opens it as ada.
  app::RepositoryAccess add_bare(const std::string& name) {
    app::NewRepository input;
    input.owner = "ada";
    input.name = name;
    must(app::create_repository(context, administrator, input));
    return open("ada", name);
  }

  /// Opens ada's repository as that account, with a token that has all scopes.
  app::RepositoryAccess open(const std::string& login, const std::string& name) {
    const core::Actor actor = log_in(login);
    return must(read([&](store::Reader& db) {
      return app::enter(db, actor, app::RepositoryName{"ada", name},
                        core::operations::create_deployment);
    }));
  }

  core::Actor log_in(const std::string& login, const std::string& scopes = "repo") {
    auto minted = must(app::create_token(
        context, administrator,
        {.login = login, .name = "test", .scopes = scopes, .expires_in = std::nullopt}));
    const auto actor = must(read(
        [&](store::Reader& db) { return app::authenticate(context, db, minted.text.reveal()); }));
    return actor.in_request("request-1");
  }

  /// Creates a deployment.
  core::Deployment deploy(const app::RepositoryAccess& access, const core::NewDeployment& input) {
    return std::get<core::Deployment>(must(app::create_deployment(context, access, input)));
  }

  int64_t row_count(const std::string& table) {
    return must(read([&](store::Reader& db) { return count_rows(db, table); }));
  }
  /// The audit rows whose action begins with `action`.
  std::vector<StoredAudit> audits(const std::string& action = "") {
    return must(read([&](store::Reader& db) { return list_audits(db, action); }));
  }
  /// The events of a kind, or all.
  std::vector<StoredEvent> events(const std::string& kind = "") {
    return must(read([&](store::Reader& db) { return list_events(db, kind); }));
  }
  std::vector<StoredEvent> announced_events(const std::string& kind) {
    auto found = events(kind);
    std::erase_if(found, [](const StoredEvent& stored) { return !stored.event.announced; });
    return found;
  }
  std::vector<StoredDelivery> deliveries() { return must(read(list_deliveries)); }
  std::vector<StoredDelivery> deliveries(core::DeliveryState state) {
    return with(deliveries(), &StoredDelivery::state, state);
  }
  std::vector<StoredIntent> intents() { return must(read(list_all_intents)); }
  /// The outcomes of all intents, one line each.
  std::string outcomes() { return lines_of(intents(), &StoredIntent::outcome); }
  std::vector<StoredStatus> statuses() { return must(read(list_all_statuses)); }
  /// The descriptions of the statuses with that state, one line each.
  std::string descriptions(core::DeploymentState state) {
    return lines_of(with(statuses(), &StoredStatus::state, state), &StoredStatus::description);
  }
  std::vector<StoredGate> gates() { return must(read(list_all_gates)); }
  core::Account account(const std::string& login) {
    return found(must(read([&](store::Reader& db) { return store::find_account(db, login); })));
  }
  /// Changes the repository's row as `change` does, past all checks.
  template <class Change>
  void set_repository(RepositoryId id, Change change) {
    must(write([&](store::Writer& tx) {
      core::Repository repository = found(store::find_repository(tx, id));
      change(repository);
      store::update_repository(tx, repository);
    }));
  }
  void block(const std::string& login) {
    must(write([&](store::Writer& tx) {
      store::set_blocked(tx, found(store::find_account(tx, login)).id, at(1));
    }));
  }

  /// Advances both clocks.
  void pass(std::chrono::microseconds time) {
    now += time;
    boot.since_boot += time;
  }

  Timestamp now = at(0);
  BootTime boot{"boot-1", std::chrono::hours(1)};
  app::Topics told;  ///< what the commits concerned since a test last cleared it
  TempFolder folder;
  Store store;
  app::TokenUse token_use;
  const core::Actor administrator = core::Actor::local_administrator();
  app::Context context;
};

}  // namespace esclusa::test
