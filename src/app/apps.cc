#include "app/apps.h"

#include <algorithm>

#include "app/app_hooks.h"
#include "app/change.h"
#include "app/installations.h"
#include "base/jwt.h"
#include "base/text.h"
#include "core/app_events.h"
#include "core/invisible.h"
#include "core/names.h"
#include "store/accounts.h"
#include "store/apps.h"
#include "store/hooks.h"
#include "store/installations.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

constexpr size_t name_chars = 34;           // GitHub's limit
constexpr size_t description_chars = 4096;  // an end, no more

Result<core::Account> require_account(Reader& db, const std::string& login) {
  auto account = store::find_account(db, login);
  if (!account) {
    return fail(ErrorCode::not_found, "There is no account \"" + login + "\"", "account_not_found");
  }
  return *std::move(account);
}

Result<core::Account> require_owner(Reader& db, const std::string& login) {
  auto account = TRY(require_account(db, login));
  if (account.kind == core::AccountKind::bot) {
    return fail(ErrorCode::invalid, "\"" + account.login + "\" is a bot", "not_an_owner");
  }
  return account;
}

struct Place {
  core::App app;
  core::Account account;
};
Result<Place> require_place(Reader& db, const InstallationPlace& place) {
  auto app = TRY(require_app(db, place.slug));
  auto account = TRY(require_owner(db, place.account));
  return Place{std::move(app), std::move(account)};
}

struct Installed {
  core::App app;
  core::Installation installation;
};
Result<Installed> require_installed(Reader& db, const InstallationPlace& place) {
  auto [app, account] = TRY(require_place(db, place));
  auto installation = store::find_installation(db, app.id, account.id);
  if (!installation) {
    return fail(ErrorCode::not_found,
                "\"" + app.slug + "\" is not installed at \"" + account.login + "\"",
                "installation_not_found");
  }
  return Installed{std::move(app), *std::move(installation)};
}

Result<void> check_texts(const NewApp& input) {
  if (utf8_length(input.name) > name_chars || core::app_slug(input.name).empty()) {
    return fail(ErrorCode::invalid, "An app's name has 1 to 34 characters, and a letter or a digit",
                "invalid_name");
  }
  if (const auto invisible = core::find_invisible(input.name)) {
    return fail(ErrorCode::invalid,
                "The app's name has the invisible character " + core::code_point_text(*invisible) +
                    ", and looks like another name",
                "invalid_name");
  }
  if (utf8_length(input.description) > description_chars) {
    return fail(ErrorCode::invalid, "The description is too long", "too_long");
  }
  if (core::app_slug(input.name) == core::agent_slug) {
    return fail(ErrorCode::invalid,
                "The slug \"" + std::string(core::agent_slug) + "\" is that of Esclusa's agents",
                "slug_taken");
  }
  TRY(core::check_login(core::bot_login(core::app_slug(input.name)), core::AccountKind::bot));
  TRY(core::check_link(input.external_url, "App", "external_url"));
  return core::check_app_events(input.events);
}

/// Why the login of an app's bot cannot be given: an app has it, also one that was removed, or an
/// account.
std::unexpected<Error> login_taken(Reader& db, const std::string& login) {
  const auto account = store::find_account(db, login);
  const auto id = account ? store::find_app_of_bot(db, account->id) : std::nullopt;
  if (!id) return fail(ErrorCode::invalid, "The login \"" + login + "\" is taken", "login_taken");
  const core::App app = store::find_app(db, *id).value();
  return fail(ErrorCode::invalid,
              app.removed_at
                  ? "The slug \"" + app.slug +
                        "\" is taken for good: the app was "
                        "removed, but its bot stays, because it made things. Choose another "
                        "name"
                  : "The slug \"" + app.slug + "\" is taken: there is such an app",
              "slug_taken");
}

/// Makes the bot. Whoever has its login already keeps it: an account never becomes an app's.
Result<core::Account> make_bot(Change& change, const std::string& slug, const std::string& human,
                               const core::Account& owner) {
  core::Account bot;
  bot.login = core::bot_login(slug);
  bot.kind = core::AccountKind::bot;
  bot.created_at = bot.updated_at = change.now;
  if (owner.kind == core::AccountKind::user) bot.human_id = owner.id;
  if (!human.empty()) {
    const auto account = TRY(require_account(change.rows, human));
    if (account.kind != core::AccountKind::user) {
      return fail(ErrorCode::invalid, "\"" + account.login + "\" is no human.", "not_a_human");
    }
    bot.human_id = account.id;
  }
  const auto id = store::insert_account(change.rows, bot);
  if (!id) return login_taken(change.rows, bot.login);
  bot.id = *id;
  change.audit({"account.create", std::nullopt, id->value});
  return bot;
}

core::AppKey insert_key(Change& change, const core::App& app, const RsaPublicKey& public_key) {
  core::AppKey key{{}, app.id, public_key.pem, public_key.fingerprint, change.now};
  key.id = store::insert_app_key(change.rows, key);
  change.audit({"app.add_key", std::nullopt, app.id.value,
                wire::audit_detail({{"key_id", key.id.value}, {"fingerprint", key.fingerprint}})});
  return key;
}

}  // namespace

Result<core::App> require_app(Reader& db, const std::string& slug) {
  auto app = store::find_app(db, slug);
  if (!app) return fail(ErrorCode::not_found, "There is no app \"" + slug + "\"", "app_not_found");
  return *std::move(app);
}

AppOverview describe_app(Reader& db, core::App app) {
  auto keys = store::list_app_keys(db, app.id);
  auto installations = store::list_installations(db, app.id);
  return {std::move(app), std::move(keys), std::move(installations)};
}

Result<AppOverview> create_app(const Context& context, const core::Actor& actor,
                               const NewApp& input) {
  TRY(check_texts(input));
  const auto public_key = TRY(read_rsa_public_key(input.public_key));
  return change(context, actor, [&](Change& change) -> Result<AppOverview> {
    core::App app;
    app.slug = core::app_slug(input.name);
    app.name = input.name;
    app.description = input.description;
    app.external_url = input.external_url;
    app.owner = TRY(require_owner(change.rows, input.owner));
    app.bot = TRY(make_bot(change, app.slug, input.human, app.owner));
    app.permissions = core::with_metadata(input.permissions);
    app.events = input.events;
    app.created_at = app.updated_at = change.now;
    const auto id = store::insert_app(change.rows, app);
    if (!id) {
      return fail(ErrorCode::invalid, "The slug \"" + app.slug + "\" is taken", "slug_taken");
    }
    app.id = *id;
    change.audit(
        {"app.create", std::nullopt, id->value,
         wire::audit_detail({{"slug", app.slug}, {"permissions", app.permissions.to_text()}})});
    auto key = insert_key(change, app, public_key);
    return AppOverview{std::move(app), {std::move(key)}, {}};
  });
}

Result<std::vector<AppOverview>> list_apps(Reader& db) {
  std::vector<AppOverview> apps;
  for (core::App& app : store::list_apps(db)) {
    apps.push_back(describe_app(db, std::move(app)));
  }
  return apps;
}

Result<AppRemains> remove_app(const Context& context, const core::Actor& actor,
                              const std::string& slug) {
  return change(context, actor, [&](Change& change) -> Result<AppRemains> {
    const auto app = TRY(require_app(change.rows, slug));
    store::remove_app(change.rows, app.id, change.now);
    remove_app_hook(change, app.id);
    change.audit({"app.remove", std::nullopt, app.id.value});
    return list_remains(change.rows, app.bot);
  });
}

Result<core::AppKey> add_app_key(const Context& context, const core::Actor& actor,
                                 const std::string& slug, const std::string& public_key) {
  const auto read = TRY(read_rsa_public_key(public_key));
  return change(context, actor, [&](Change& change) -> Result<core::AppKey> {
    return insert_key(change, TRY(require_app(change.rows, slug)), read);
  });
}

Result<void> remove_app_key(const Context& context, const core::Actor& actor,
                            const std::string& slug, AppKeyId id) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    const auto app = TRY(require_app(change.rows, slug));
    if (!store::remove_app_key(change.rows, app.id, id, change.now)) {
      return fail(ErrorCode::not_found,
                  "\"" + app.slug + "\" has no key " + std::to_string(id.value), "key_not_found");
    }
    change.audit(
        {"app.remove_key", std::nullopt, app.id.value, wire::audit_detail({{"key_id", id.value}})});
    return {};
  });
}

namespace {

/// The selection that the names make; nothing if there are none.
Result<store::SelectedRepositories> select(Reader& db, const core::Account& account,
                                           const std::vector<std::string>& names) {
  if (names.empty()) return std::nullopt;
  std::vector<RepositoryId> ids;
  for (const std::string& name : names) {
    const auto repository = store::find_repository(db, account.login, name);
    if (!repository) {
      return fail(ErrorCode::not_found, "There is no repository " + account.login + "/" + name,
                  "repository_not_found");
    }
    if (std::ranges::find(ids, repository->id) == ids.end()) ids.push_back(repository->id);
  }
  return ids;
}

}  // namespace

Result<core::Installation> install_app(const Context& context, const core::Actor& actor,
                                       const InstallationPlace& place,
                                       const std::vector<std::string>& repositories) {
  return change(context, actor, [&](Change& change) -> Result<core::Installation> {
    auto [app, account] = TRY(require_place(change.rows, place));
    const auto selected = TRY(select(change.rows, account, repositories));
    auto installation = store::find_installation(change.rows, app.id, account.id);
    const bool is_new = !installation;
    if (is_new) {
      installation.emplace();
      installation->app_id = app.id;
      installation->account = account;
      installation->created_at = change.now;
    }
    installation->permissions = app.permissions;
    installation->events = app.events;
    installation->updated_at = change.now;
    if (is_new) {
      installation->id = store::insert_installation(change.rows, *installation, selected).value();
    } else {
      store::update_installation(change.rows, *installation, selected);
    }
    change.audit({is_new ? "installation.create" : "installation.update", std::nullopt,
                  installation->id.value,
                  wire::audit_detail({{"app", app.slug},
                                      {"account", account.login},
                                      {"permissions", app.permissions.to_text()}})});
    return store::find_installation(change.rows, installation->id).value();
  });
}

Result<core::Installation> suspend_installation(const Context& context, const core::Actor& actor,
                                                const InstallationPlace& place, bool suspended) {
  return change(context, actor, [&](Change& change) -> Result<core::Installation> {
    const auto installation = TRY(require_installed(change.rows, place)).installation;
    TRY(set_suspended(change, installation, suspended));
    return store::find_installation(change.rows, installation.id).value();
  });
}

Result<AppRemains> remove_installation(const Context& context, const core::Actor& actor,
                                       const InstallationPlace& place) {
  return change(context, actor, [&](Change& change) -> Result<AppRemains> {
    const auto installed = TRY(require_installed(change.rows, place));
    uninstall(change, installed.installation);
    return list_remains(change.rows, installed.app.bot, installed.installation.account.id);
  });
}

Result<void> check_is_no_app(Reader& db, const core::Account& account) {
  if (account.kind != core::AccountKind::bot) return {};
  if (account.login == core::bot_login(core::agent_slug)) {
    return fail(ErrorCode::invalid,
                "\"" + account.login + "\" is the bot of all agents: they act by tokens of agents",
                "bot_of_agents");
  }
  if (!store::find_app_of_bot(db, account.id)) return {};
  return fail(ErrorCode::invalid,
              "\"" + account.login + "\" is the bot of an app: it acts where the app is installed",
              "bot_of_an_app");
}

}  // namespace esclusa::app
