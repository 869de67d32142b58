#include "app/repository_lists.h"

#include "app/access.h"
#include "core/access.h"
#include "store/members.h"
#include "store/repository_lists.h"

namespace esclusa::app {

core::InstallationReach reach_of(const core::InstallationGrant& grant) {
  core::InstallationReach reach{.account = grant.installation.account.id};
  if (grant.installation.selection == core::RepositorySelection::selected) {
    reach.selected_for = grant.installation.id;
  }
  if (grant.token.repositories) reach.selected_for_token = grant.token.id;
  return reach;
}

core::RepositoryViewer repository_viewer(const core::Actor& actor) {
  core::RepositoryViewer viewer;
  if (const core::InstallationGrant* grant = actor.installation()) {
    viewer.reach = reach_of(*grant);
    return viewer;
  }
  if (actor.account() == nullptr || actor.agent() != nullptr) return viewer;
  viewer.account = actor.sender().id;
  viewer.sees_private = actor.authority().has(core::Scope::repo);
  viewer.sees_all = actor.sender().site_admin;
  return viewer;
}

Result<core::Listing<ViewedRepository>> list_repositories(Reader& db, const core::Actor& actor,
                                                          const core::RepositoryFilter& filter,
                                                          const core::Page& page) {
  auto found = store::list_repositories(db, repository_viewer(actor), filter, page);
  core::Listing<ViewedRepository> listing{{}, found.total_count};
  for (core::ListedRepository& one : found.items) {
    const core::Role granted =
        actor.installation() != nullptr ? granted_role(db, actor, one.repository) : one.granted;
    const core::Role role = core::effective_role(actor, one.repository, granted);
    listing.items.push_back({std::move(one.repository), role});
  }
  return listing;
}

Result<core::Listing<core::Account>> list_organizations(Reader& db, const core::Actor& actor,
                                                        AccountId member, const core::Page& page) {
  const core::Account* account = actor.account();
  if (account == nullptr || actor.agent() != nullptr) return core::Listing<core::Account>{};
  const bool is_self = account->id == member;
  if (!is_self && !actor.authority().has(core::Scope::read_org)) {
    return core::Listing<core::Account>{};
  }
  const bool sees_all = is_self || account->site_admin;
  return store::list_organizations(db, member, sees_all ? std::nullopt : std::optional(account->id),
                                   page);
}

}  // namespace esclusa::app
