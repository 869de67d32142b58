#include "app/repository_lists.h"

#include "store/members.h"
#include "store/repository_lists.h"

namespace esclusa::app {

core::RepositoryViewer repository_viewer(const core::Principal& principal) {
  core::RepositoryViewer viewer;
  if (!principal.account) return viewer;
  viewer.account = principal.account->id;
  viewer.sees_private = principal.token && principal.token->scopes.has(core::Scope::repo);
  viewer.sees_all = principal.account->site_admin;
  return viewer;
}

Result<core::Listing<ViewedRepository>> list_repositories(const Context& context,
                                                          const core::Principal& principal,
                                                          const core::RepositoryFilter& filter,
                                                          const core::Page& page) {
  const core::RepositoryViewer viewer = repository_viewer(principal);
  return context.database.read([&](store::Connection& db) {
    auto found = store::list_repositories(db, viewer, filter, page);
    core::Listing<ViewedRepository> listing{{}, found.total_count};
    for (core::ListedRepository& one : found.items) {
      const core::Role role = core::effective_role(principal, one.repository, one.granted);
      listing.items.push_back({std::move(one.repository), role});
    }
    return listing;
  });
}

Result<core::Listing<core::Account>> list_organizations(const Context& context,
                                                        const core::Principal& principal,
                                                        AccountId member, const core::Page& page) {
  const bool reads =
      principal.account && principal.token && principal.token->scopes.has(core::Scope::read_org);
  const bool is_self = principal.account && principal.account->id == member;
  if (!reads && !is_self) return core::Listing<core::Account>{};
  const bool sees_all = is_self || principal.account->site_admin;
  return context.database.read([&](store::Connection& db) {
    return store::list_organizations(
        db, member, sees_all ? std::nullopt : std::optional(principal.account->id), page);
  });
}

}  // namespace esclusa::app
