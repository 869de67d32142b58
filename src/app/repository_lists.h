#pragma once
#include "app/context.h"
#include "core/page.h"
#include "core/repository_list.h"

namespace esclusa::app {

/// A repository with the principal's effective role in it.
struct ViewedRepository {
  core::Repository repository;
  core::Role role = core::Role::none;
};

/// The viewer that lists are made for: private repositories are visible only with the scope `repo`.
core::RepositoryViewer repository_viewer(const core::Principal& principal);

/// Lists the repositories that the principal may read: public ones, and private ones with the scope
/// `repo`.
Result<core::Listing<ViewedRepository>> list_repositories(const Context& context,
                                                          const core::Principal& principal,
                                                          const core::RepositoryFilter& filter,
                                                          const core::Page& page);

/// Lists the account's organizations by login. Memberships are private: other accounts see only
/// organizations that they are members of too.
Result<core::Listing<core::Account>> list_organizations(const Context& context,
                                                        const core::Principal& principal,
                                                        AccountId member, const core::Page& page);

}  // namespace esclusa::app
