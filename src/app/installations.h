#pragma once
#include <optional>
#include <string>

#include "app/change.h"
#include "app/context.h"
#include "core/actor.h"
#include "core/page.h"

/// What an app asks about its installations by its JWT, and an installation about itself.
namespace esclusa::app {

/// The app with this slug, which everybody may see.
Result<core::App> get_app(Reader& db, const std::string& slug);
int64_t count_installations(Reader& db, AppId app);

// Only installations of the app itself: all others are `not_found`.
Result<core::Listing<core::Installation>> list_installations(Reader& db, const core::App& app,
                                                             const core::Page& page);
Result<core::Installation> get_installation(Reader& db, const core::App& app, InstallationId id);
/// The installation that reaches the repository.
Result<core::Installation> get_repository_installation(Reader& db, const core::App& app,
                                                       const std::string& owner,
                                                       const std::string& name);
Result<core::Installation> get_repository_installation(Reader& db, const core::App& app,
                                                       RepositoryId id);
/// The repository that the app reaches, and that had this name once. Nothing if there is none.
std::optional<RepositoryId> find_renamed(Reader& db, const core::App& app, const std::string& owner,
                                         const std::string& name);
/// The installation at the account, which must be an organization or may be anything.
enum class AccountOf { organization, anybody };
Result<core::Installation> get_account_installation(Reader& db, const core::App& app,
                                                    const std::string& login, AccountOf kind);
Result<core::Installation> get_account_installation(Reader& db, const core::App& app, AccountId id,
                                                    AccountOf kind);

// The actor is an app that signed for itself.
Result<void> suspend_installation(const Context& context, const core::Actor& actor,
                                  InstallationId id, bool suspended);
Result<void> remove_installation(const Context& context, const core::Actor& actor,
                                 InstallationId id);
/// A new token, and whether it reaches all repositories of the account or a selection.
struct CreatedInstallationToken : core::MintedInstallationToken {
  core::RepositorySelection selection = core::RepositorySelection::all;
};
/// A token for an hour. `forbidden` if the installation is suspended, `invalid` with GitHub's texts
/// if it lacks a permission or does not reach a repository. For an empty list of repositories it is
/// for all of them, of which the answer has the first 500.
Result<CreatedInstallationToken> create_installation_token(const Context& context,
                                                           const core::Actor& actor,
                                                           InstallationId id,
                                                           const core::NewInstallationToken& input);

/// Ends the token by which the actor acts.
Result<void> revoke_installation_token(const Context& context, const core::Actor& actor);

// Parts of the changes, for the administrator's commands as well.
/// `forbidden` if the app lifts a suspension by somebody else.
Result<void> set_suspended(Change& change, const core::Installation& installation, bool suspended);
void uninstall(Change& change, const core::Installation& installation);

}  // namespace esclusa::app
