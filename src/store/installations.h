#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/app.h"
#include "core/page.h"
#include "core/repository.h"
#include "sql/connection.h"
#include "store/kept.h"

namespace esclusa::store {

/// The repositories of an installation or of one of its tokens; nothing: all of its account.
using SelectedRepositories = std::optional<std::vector<RepositoryId>>;

/// Inserts the installation; nullopt if the app is already installed at that account.
/// `installation.id` and its selection are ignored.
std::optional<InstallationId> insert_installation(sql::Writer& tx,
                                                  const core::Installation& installation,
                                                  const SelectedRepositories& repositories);
/// Writes the selection, the permissions, the events and `updated_at`.
void update_installation(sql::Writer& tx, const core::Installation& installation,
                         const SelectedRepositories& repositories);
/// The same without the selection.
void update_permissions(sql::Writer& tx, const core::Installation& installation);
/// Suspends the installation, or lets it work again if `at` is nullopt.
void set_suspended(sql::Writer& tx, InstallationId id, std::optional<Timestamp> at,
                   std::optional<AccountId> by, Timestamp now);
void remove_installation(sql::Writer& tx, InstallationId id, Timestamp now);

// Those that are not removed.
std::optional<core::Installation> find_installation(sql::Reader& db, InstallationId id);
std::optional<core::Installation> find_installation(sql::Reader& db, AppId app, AccountId account);
/// Oldest first.
core::Listing<core::Installation> list_installations(sql::Reader& db, AppId app,
                                                     const core::Page& page);
std::vector<core::Installation> list_installations(sql::Reader& db, AppId app);
int64_t count_installations(sql::Reader& db, AppId app);

/// Whether the installation reaches the repository, whose owner is its account: it has all of them,
/// or this one was selected. It may be suspended.
bool reaches(sql::Reader& db, const core::Installation& installation,
             const core::Repository& repository);
/// Whether also the token of the grant reaches it.
bool reaches(sql::Reader& db, const core::InstallationGrant& grant,
             const core::Repository& repository);

InstallationTokenId insert_installation_token(sql::Writer& tx, const core::InstallationToken& token,
                                              std::string_view digest);
/// Deletes the installation's tokens that expired before.
void delete_expired_tokens(sql::Writer& tx, InstallationId id, Timestamp before);
/// All that acts by the token; nothing if it is unknown, or if its installation was removed.
std::optional<core::InstallationGrant> find_grant(sql::Reader& db, std::string_view digest);
std::optional<core::InstallationGrant> find_grant(sql::Reader& db, InstallationTokenId id);
/// The rows that it was made of.
Sources sources_of(const core::InstallationGrant& grant);
void revoke_installation_token(sql::Writer& tx, InstallationTokenId id, Timestamp now);

}  // namespace esclusa::store
