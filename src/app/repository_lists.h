#pragma once
#include "app/context.h"
#include "core/actor.h"
#include "core/page.h"
#include "core/repository_list.h"

namespace esclusa::app {

/// A repository with the actor's effective role in it.
struct ViewedRepository {
  core::Repository repository;
  core::Role role = core::Role::none;
};

/// What a token of an installation reaches.
core::InstallationReach reach_of(const core::InstallationGrant& grant);
/// The viewer that lists are made for: private repositories are visible only with the scope `repo`.
core::RepositoryViewer repository_viewer(const core::Actor& actor);

/// Lists the repositories that the actor may read: public ones, and private ones with the scope
/// `repo`.
Result<core::Listing<ViewedRepository>> list_repositories(Reader& db, const core::Actor& actor,
                                                          const core::RepositoryFilter& filter,
                                                          const core::Page& page);

/// Lists the account's organizations by login. Memberships are private: other accounts see only
/// organizations that they are members of too.
Result<core::Listing<core::Account>> list_organizations(Reader& db, const core::Actor& actor,
                                                        AccountId member, const core::Page& page);

}  // namespace esclusa::app
