#pragma once
#include "app/context.h"
#include "core/page.h"
#include "core/repository_list.h"

namespace esclusa::app {

/// A repository, and the role there that counts for the principal.
struct ViewedRepository {
  core::Repository repository;
  core::Role role = core::Role::none;
};

/// As whom the principal looks at lists: private repositories open by the scope `repo` only.
core::RepositoryViewer repository_viewer(const core::Principal& principal);

/// Those that the principal may read by the scope `repo`, or because they are public.
Result<core::Listing<ViewedRepository>> list_repositories(const Context& context,
                                                          const core::Principal& principal,
                                                          const core::RepositoryFilter& filter,
                                                          const core::Page& page);

/// The organizations that the account is a member of, by login. Memberships are private: others see
/// those of organizations that they are members of, too.
Result<core::Listing<core::Account>> list_organizations(const Context& context,
                                                        const core::Principal& principal,
                                                        AccountId member, const core::Page& page);

}  // namespace esclusa::app
