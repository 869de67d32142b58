#include "app/installations.h"

#include <algorithm>

#include "app/repository_lists.h"
#include "store/accounts.h"
#include "store/apps.h"
#include "store/hooks.h"
#include "store/installations.h"
#include "store/repositories.h"
#include "store/repository_lists.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

constexpr std::chrono::hours token_lifetime{1};
constexpr std::chrono::hours expired_kept{24};  // so that an operator can still look
constexpr size_t repositories_max = 500;        // GitHub's limit

Result<core::Installation> own(const core::App& app,
                               std::optional<core::Installation> installation) {
  if (!installation || installation->app_id != app.id) return not_found();
  return *std::move(installation);
}

}  // namespace

Result<core::App> get_app(Reader& db, const std::string& slug) {
  auto app = store::find_app(db, slug);
  if (!app) return not_found();
  return *std::move(app);
}

int64_t count_installations(Reader& db, AppId app) { return store::count_installations(db, app); }

Result<core::Listing<core::Installation>> list_installations(Reader& db, const core::App& app,
                                                             const core::Page& page) {
  return store::list_installations(db, app.id, page);
}

Result<core::Installation> get_installation(Reader& db, const core::App& app, InstallationId id) {
  return own(app, store::find_installation(db, id));
}

namespace {

Result<core::Installation> reaching(Reader& db, const core::App& app,
                                    const std::optional<core::Repository>& repository) {
  if (!repository) return not_found();
  auto installation = TRY(own(app, store::find_installation(db, app.id, repository->owner.id)));
  if (!store::reaches(db, installation, *repository)) return not_found();
  return installation;
}

Result<core::Installation> at(Reader& db, const core::App& app,
                              const std::optional<core::Account>& account, AccountOf kind) {
  if (!account) return not_found();
  const bool is_organization = account->kind == core::AccountKind::organization;
  if (kind == AccountOf::organization && !is_organization) return not_found();
  return own(app, store::find_installation(db, app.id, account->id));
}

}  // namespace

Result<core::Installation> get_repository_installation(Reader& db, const core::App& app,
                                                       const std::string& owner,
                                                       const std::string& name) {
  return reaching(db, app, store::find_repository(db, owner, name));
}

Result<core::Installation> get_repository_installation(Reader& db, const core::App& app,
                                                       RepositoryId id) {
  return reaching(db, app, store::find_repository(db, id));
}

std::optional<RepositoryId> find_renamed(Reader& db, const core::App& app, const std::string& owner,
                                         const std::string& name) {
  const auto repository = store::find_renamed(db, owner, name);
  return reaching(db, app, repository) ? std::optional(repository->id) : std::nullopt;
}

Result<core::Installation> get_account_installation(Reader& db, const core::App& app,
                                                    const std::string& login, AccountOf kind) {
  return at(db, app, store::find_account(db, login), kind);
}

Result<core::Installation> get_account_installation(Reader& db, const core::App& app, AccountId id,
                                                    AccountOf kind) {
  return at(db, app, store::find_account(db, id), kind);
}

Result<void> set_suspended(Change& change, const core::Installation& installation, bool suspended) {
  const core::App* app = change.actor.app();
  // An administrator takes over the suspension by the app itself.
  const bool takes_over = suspended && app == nullptr && installation.suspended_by.has_value();
  if (installation.suspended_at.has_value() == suspended && !takes_over) {
    change.skip_audit();
    return {};
  }
  if (app != nullptr && !suspended &&
      (!installation.suspended_by || installation.suspended_by->id != app->bot.id)) {
    return fail(ErrorCode::forbidden,
                "This installation was suspended by an administrator, who alone can lift that.",
                "suspended_by_administrator");
  }
  const core::Account* by = app != nullptr ? &app->bot : change.actor.account();
  store::set_suspended(
      change.rows, installation.id, suspended ? std::optional(change.now) : std::nullopt,
      suspended && by != nullptr ? std::optional(by->id) : std::nullopt, change.now);
  change.audit({suspended ? "installation.suspend" : "installation.unsuspend", std::nullopt,
                installation.id.value});
  if (!suspended) change.touch_deliveries();
  return {};
}

void uninstall(Change& change, const core::Installation& installation) {
  store::remove_installation(change.rows, installation.id, change.now);
  if (const auto hook = store::find_app_hook(change.rows, installation.app_id)) {
    store::cancel_deliveries(change.rows, *hook, installation.id);
  }
  change.audit({"installation.remove", std::nullopt, installation.id.value});
}

Result<void> suspend_installation(const Context& context, const core::Actor& actor,
                                  InstallationId id, bool suspended) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    return set_suspended(change, TRY(get_installation(change.rows, *actor.app(), id)), suspended);
  });
}

Result<void> remove_installation(const Context& context, const core::Actor& actor,
                                 InstallationId id) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    uninstall(change, TRY(get_installation(change.rows, *actor.app(), id)));
    return {};
  });
}

namespace {

Result<core::Permissions> choose_permissions(const core::Installation& installation,
                                             const core::NewInstallationToken& input) {
  if (!input.permissions) return installation.permissions;
  if (!installation.permissions.include(*input.permissions)) {
    return fail(ErrorCode::invalid,
                "The permissions requested are not granted to this installation.",
                "permission_not_granted");
  }
  return core::with_metadata(*input.permissions);
}

/// The repositories that are named or numbered, each once.
Result<std::vector<core::Repository>> find_named_repositories(
    Reader& db, const core::Installation& installation, const core::NewInstallationToken& input) {
  std::vector<core::Repository> chosen;
  const auto add = [&](std::optional<core::Repository> repository) -> Result<void> {
    if (!repository || !store::reaches(db, installation, *repository)) {
      return fail(ErrorCode::invalid,
                  "There is at least one repository that does not exist or is not accessible to "
                  "the parent installation.",
                  "repository_not_accessible");
    }
    if (std::ranges::find(chosen, repository->id, &core::Repository::id) == chosen.end()) {
      chosen.push_back(*std::move(repository));
    }
    return {};
  };
  const auto names = input.repositories.value_or(std::vector<std::string>());
  const auto ids = input.repository_ids.value_or(std::vector<RepositoryId>());
  if (names.size() + ids.size() > repositories_max) {
    return fail(ErrorCode::invalid, "A token is for at most 500 repositories.",
                "too_many_repositories");
  }
  for (const std::string& name : names) {
    TRY(add(store::find_repository(db, installation.account.login, name)));
  }
  for (const RepositoryId id : ids) TRY(add(store::find_repository(db, id)));
  return chosen;
}

/// The repositories that the installation reaches, as many as a token can be for.
std::vector<core::Repository> list_reached(Reader& db, const core::App& app,
                                           const core::Installation& installation) {
  const core::InstallationReach reach = reach_of({app, installation, {}});
  core::RepositoryFilter filter;
  filter.reach = reach;
  std::vector<core::Repository> reached;
  const core::Page all{.size = static_cast<int>(repositories_max)};
  auto listing = store::list_repositories(db, {.reach = reach}, filter, all);
  for (auto& one : listing.items) reached.push_back(std::move(one.repository));
  return reached;
}

/// Gives the token its repositories, and the answer its list. As on GitHub, a list that is empty
/// asks for all of them, and for their names.
Result<void> choose_repositories(Reader& db, const core::App& app,
                                 const core::Installation& installation,
                                 const core::NewInstallationToken& input,
                                 CreatedInstallationToken& minted) {
  minted.selection = installation.selection;
  if (!input.repositories && !input.repository_ids) return {};
  if (input.repositories.value_or(std::vector<std::string>()).empty() &&
      input.repository_ids.value_or(std::vector<RepositoryId>()).empty()) {
    minted.repositories = list_reached(db, app, installation);
    return {};
  }
  minted.selection = core::RepositorySelection::selected;
  minted.repositories = TRY(find_named_repositories(db, installation, input));
  auto& ids = minted.token.repositories.emplace();
  for (const core::Repository& repository : minted.repositories) ids.push_back(repository.id);
  return {};
}

}  // namespace

Result<CreatedInstallationToken> create_installation_token(
    const Context& context, const core::Actor& actor, InstallationId id,
    const core::NewInstallationToken& input) {
  return change(context, actor, [&](Change& change) -> Result<CreatedInstallationToken> {
    const auto installation = TRY(get_installation(change.rows, *actor.app(), id));
    if (installation.suspended_at) {
      return fail(ErrorCode::forbidden, "This installation has been suspended",
                  "installation_suspended");
    }
    CreatedInstallationToken minted;
    minted.text = core::new_installation_token_text();
    TRY(choose_repositories(change.rows, *actor.app(), installation, input, minted));
    minted.token.installation_id = installation.id;
    minted.token.permissions = TRY(choose_permissions(installation, input));
    minted.token.created_at = change.now;
    minted.token.expires_at = change.now + token_lifetime;
    store::delete_expired_tokens(change.rows, installation.id, change.now - expired_kept);
    minted.token.id = store::insert_installation_token(change.rows, minted.token,
                                                       core::token_digest(minted.text.reveal()));
    change.audit({"installation_token.create", std::nullopt, minted.token.id.value,
                  wire::audit_detail({{"installation_id", installation.id.value},
                                      {"permissions", minted.token.permissions.to_text()}})});
    return minted;
  });
}

Result<void> revoke_installation_token(const Context& context, const core::Actor& actor) {
  const InstallationTokenId id = actor.installation()->token.id;
  return change(context, actor, [&](Change& change) -> Result<void> {
    store::revoke_installation_token(change.rows, id, change.now);
    change.audit({"installation_token.revoke", std::nullopt, id.value});
    return {};
  });
}

}  // namespace esclusa::app
