#pragma once
#include <string>
#include <vector>

#include "app/app_remains.h"
#include "app/context.h"
#include "core/actor.h"

/// What the machine's administrator does with apps, their keys and their installations.
namespace esclusa::app {

struct NewApp {
  std::string name;
  std::string owner;  ///< the login of a user or an organization
  std::string description = {};
  std::string external_url = {};
  /// The login of the human who answers for its bot; empty: the owner, if that is a user.
  std::string human = {};
  core::Permissions permissions = {};
  std::vector<std::string> events = {};
  std::string public_key = {};  ///< PEM
};

/// An app with its keys and installations.
struct AppOverview {
  core::App app;
  std::vector<core::AppKey> keys;
  std::vector<core::Installation> installations;
};

AppOverview describe_app(Reader& db, core::App app);
/// The app that is not removed; `not_found` names the slug.
Result<core::App> require_app(Reader& db, const std::string& slug);

/// Makes the app, its bot and its first key. The server never has the private half.
Result<AppOverview> create_app(const Context& context, const core::Actor& actor,
                               const NewApp& input);
Result<std::vector<AppOverview>> list_apps(Reader& db);
/// Removes the app, its keys and its installations; their tokens end at once. The bot stays,
/// because it made things, and so nobody else gets the slug. Gives what still works of these.
Result<AppRemains> remove_app(const Context& context, const core::Actor& actor,
                              const std::string& slug);

Result<core::AppKey> add_app_key(const Context& context, const core::Actor& actor,
                                 const std::string& slug, const std::string& public_key);
Result<void> remove_app_key(const Context& context, const core::Actor& actor,
                            const std::string& slug, AppKeyId id);

/// An app, and the account at which it is installed or will be.
struct InstallationPlace {
  std::string slug;
  std::string account;
};
/// Installs the app with the permissions and events that it has now, at the named repositories, or
/// at all if none is named. If it is installed there, changes the installation to that.
Result<core::Installation> install_app(const Context& context, const core::Actor& actor,
                                       const InstallationPlace& place,
                                       const std::vector<std::string>& repositories);
Result<core::Installation> suspend_installation(const Context& context, const core::Actor& actor,
                                                const InstallationPlace& place, bool suspended);
/// Gives what still works of what the installation made.
Result<AppRemains> remove_installation(const Context& context, const core::Actor& actor,
                                       const InstallationPlace& place);

/// Refuses the bot of an app: it acts by the tokens of its installations alone, and nobody can make
/// it a reviewer, a member or a collaborator.
Result<void> check_is_no_app(Reader& db, const core::Account& account);

}  // namespace esclusa::app
