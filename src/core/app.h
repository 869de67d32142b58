#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/enum_names.h"
#include "core/permission.h"
#include "core/repository.h"

/// GitHub Apps: programs that sign for themselves, and act where they are installed.
namespace esclusa::core {

/// An app. It proves who it is by a JWT that its private key signed; the server has public halves
/// alone (AppKey).
struct App {
  AppId id;
  std::string slug;  ///< unique without regard to case; its bot is `slug[bot]`
  std::string name;
  std::string description;   ///< may be empty
  std::string external_url;  ///< its page; may be empty
  Account owner;             ///< a user or an organization
  /// The account as which its installations act. `bot.human_id` is the human who answers for the
  /// app, if one is named.
  Account bot;
  Permissions permissions;  ///< of new installations
  std::vector<std::string> events;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> removed_at = {};
};

/// The public half of a key pair of an app, as PEM (SubjectPublicKeyInfo, RSA).
struct AppKey {
  AppKeyId id;
  AppId app_id;
  std::string public_key;
  std::string fingerprint;  ///< SHA-256 of the DER form, base64
  Timestamp created_at{};
};

/// Whether an installation reaches all repositories of its account or only some.
enum class RepositorySelection { all, selected };

/// An app at one account: at its repositories, with these permissions.
struct Installation {
  InstallationId id;
  AppId app_id;
  Account account;  ///< at whose repositories
  RepositorySelection selection = RepositorySelection::all;
  Permissions permissions;
  std::vector<std::string> events;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> suspended_at = {};
  std::optional<Account> suspended_by = {};
  std::optional<Timestamp> removed_at = {};
};

/// A token of an installation: `ghs_…`, for one hour at most. What it may do is never more than
/// what its installation may do now.
struct InstallationToken {
  InstallationTokenId id;
  InstallationId installation_id;
  Permissions permissions;
  /// Nothing: all repositories of the installation.
  std::optional<std::vector<RepositoryId>> repositories;
  Timestamp created_at{};
  Timestamp expires_at{};
  std::optional<Timestamp> revoked_at = {};
};

/// Everything that acts when a token of an installation is used.
struct InstallationGrant {
  App app;
  Installation installation;
  InstallationToken token;
};

/// What is asked for a new token. Without repositories: all that the installation reaches; without
/// permissions: all that it has.
struct NewInstallationToken {
  std::optional<std::vector<std::string>> repositories = {};  ///< names without the owner
  std::optional<std::vector<RepositoryId>> repository_ids = {};
  std::optional<Permissions> permissions = {};
};

/// A new token. Its text is shown once; only its digest is stored.
struct MintedInstallationToken {
  InstallationToken token;
  Secret text;
  std::vector<Repository> repositories;  ///< those that were asked for
};

/// Whether the token works at `now`: it has not expired nor been revoked, and neither the
/// installation nor the app is suspended, removed or blocked.
bool is_usable(const InstallationGrant& grant, Timestamp now);

/// Whether the grant has the permissions, both by its token and by its installation as it is now.
bool allows(const InstallationGrant& grant, const NeededPermissions& needed);

/// The slug of an app with this name: `Ship it` is `ship-it`.
std::string app_slug(std::string_view name);
/// `slug[bot]`: the login of an app's bot.
std::string bot_login(std::string_view slug);

/// Every app may read metadata, as on GitHub.
Permissions with_metadata(const Permissions& permissions);

template <>
struct enum_names<RepositorySelection> {
  static constexpr NameTable<RepositorySelection, 2> values{
      {{RepositorySelection::all, "all"}, {RepositorySelection::selected, "selected"}}};
};

}  // namespace esclusa::core
