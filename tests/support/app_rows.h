#pragma once
#include "store/apps.h"
#include "store/hooks.h"
#include "store/installations.h"
#include "support/store_rows.h"

/// Rows of apps for tests, as in store_rows.h.
namespace esclusa::test {

inline core::Permissions permissions_of(std::string_view text) {
  return core::Permissions::parse(text).value();
}

inline core::App add_app(sql::Writer& tx, const core::Account& owner, const std::string& slug,
                         const std::string& permissions = "deployments=write,metadata=read") {
  core::App app;
  app.slug = slug;
  app.name = slug;
  app.owner = owner;
  app.bot = add_account(tx, core::bot_login(slug), core::AccountKind::bot);
  app.permissions = permissions_of(permissions);
  app.created_at = at(0);
  return found(store::find_app(tx, found(store::insert_app(tx, app))));
}

/// Installs the app with its own permissions, at all repositories unless some are given.
inline core::Installation add_installation(sql::Writer& tx, const core::App& app,
                                           const core::Account& account,
                                           const store::SelectedRepositories& repositories = {}) {
  core::Installation installation;
  installation.app_id = app.id;
  installation.account = account;
  installation.permissions = app.permissions;
  installation.events = app.events;
  installation.created_at = at(1);
  return found(store::find_installation(
      tx, found(store::insert_installation(tx, installation, repositories))));
}

/// Inserts the hook of an app, which hears everything.
inline HookId add_app_hook(sql::Writer& tx, const core::App& app, AccountId creator) {
  core::Hook hook;
  hook.target = app.id;
  hook.url = "http://127.0.0.1:1/hook";
  hook.content_type = core::HookContentType::json;
  hook.events = {"*"};
  hook.created_at = at(0);
  return store::insert_hook(tx, sealer(), hook, creator);
}

/// Inserts a token that lives for an hour from at(0), with all that the installation has.
inline core::InstallationGrant add_grant(sql::Writer& tx, const core::Installation& installation,
                                         std::string_view digest,
                                         const store::SelectedRepositories& repositories = {}) {
  core::InstallationToken token;
  token.installation_id = installation.id;
  token.permissions = installation.permissions;
  token.repositories = repositories;
  token.created_at = at(0);
  token.expires_at = at(0) + std::chrono::hours(1);
  return found(store::find_grant(tx, store::insert_installation_token(tx, token, digest)));
}

}  // namespace esclusa::test
