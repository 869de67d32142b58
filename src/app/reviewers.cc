#include "app/reviewers.h"

#include <algorithm>

#include "app/apps.h"
#include "store/accounts.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/members.h"
#include "store/reviews.h"
#include "store/teams.h"

namespace esclusa::app {
namespace {

std::unexpected<Error> unknown_reviewer(const std::string& what) {
  return fail(ErrorCode::invalid, what, "invalid_reviewers");
}

/// Finds a reviewer, who must hold a role in the repository: without one, nobody can review.
Result<core::Reviewer> find_reviewer(Reader& db, const RepositoryAccess& access,
                                     const core::ReviewerId& id) {
  const core::Repository& repository = access.repository;
  if (const auto* team_id = std::get_if<TeamId>(&id)) {
    const auto team = store::find_team(db, *team_id);
    if (!team || team->organization.id != repository.owner.id ||
        !may_see(db, access.actor, *team)) {
      return unknown_reviewer("There is no team " + std::to_string(team_id->value) + " of " +
                              repository.owner.login + ".");
    }
    return core::Reviewer{id, team->organization.login + "/" + team->slug};
  }
  const AccountId account_id = std::get<AccountId>(id);
  const auto account = store::find_account(db, account_id);
  if (!account || account->kind == core::AccountKind::organization ||
      !store::holds_role(db, repository, *account)) {
    return unknown_reviewer("There is no user " + std::to_string(account_id.value) +
                            " with a role in the repository.");
  }
  TRY(check_is_no_app(db, *account));
  return core::Reviewer{id, account->login};
}

bool may_see_reviewer(Reader& db, const core::Actor& viewer, const core::ReviewerId& id) {
  const auto* team_id = std::get_if<TeamId>(&id);
  if (team_id == nullptr) return true;
  const auto team = store::find_team(db, *team_id);
  return team && may_see(db, viewer, *team);
}

}  // namespace

bool may_see(Reader& db, const core::Actor& viewer, const core::Team& team) {
  if (team.privacy != core::TeamPrivacy::secret) return true;
  if (const core::InstallationGrant* grant = viewer.installation()) {
    return grant->installation.account.id == team.organization.id &&
           core::allows(*grant, core::reads(core::Permission::members));
  }
  const core::Account* account = viewer.account();
  if (account == nullptr) return false;
  const auto granted = store::find_member_role(db, team.organization.id, account->id);
  return core::effective_member_role(account, granted) == core::MemberRole::admin ||
         store::is_team_member(db, team.id, account->id);
}

core::EnvironmentDetails details_for(Reader& db, const core::Actor& viewer,
                                     core::Environment environment) {
  auto details = store::with_reviewers(db, std::move(environment));
  std::erase_if(details.reviewers, [&](const core::ReviewerProfile& reviewer) {
    const auto* team = std::get_if<core::Team>(&reviewer);
    return team != nullptr && !may_see(db, viewer, *team);
  });
  return details;
}

void hide_openers(Reader& db, const core::Actor& viewer, std::vector<core::GateVerdict>& verdicts) {
  for (core::GateVerdict& verdict : verdicts) {
    const auto hidden = std::erase_if(verdict.openers, [&](const core::Reviewer& opener) {
      return !may_see_reviewer(db, viewer, opener.id);
    });
    if (hidden > 0) verdict.message += " Not everybody who can open it is shown to you.";
  }
}

Result<std::vector<core::Reviewer>> change_reviewers(Reader& db, const RepositoryAccess& access,
                                                     const core::Environment& environment,
                                                     const std::vector<core::ReviewerId>& given) {
  std::vector<core::Reviewer> named;
  for (const core::ReviewerId& id : given) named.push_back(TRY(find_reviewer(db, access, id)));
  const auto* rule = environment.find<core::RequiredReviewersRule>();
  if (rule == nullptr) return named;
  // If the author sends back the visible reviewers unchanged, nothing changes: so hidden reviewers
  // keep their positions.
  std::vector<core::Reviewer> reviewers;
  auto next = named.begin();
  for (const core::Reviewer& present : rule->reviewers) {
    if (!may_see_reviewer(db, access.actor, present.id)) {
      reviewers.push_back(present);
    } else if (next != named.end()) {
      reviewers.push_back(*next++);
    }
  }
  reviewers.insert(reviewers.end(), next, named.end());
  return reviewers;
}

}  // namespace esclusa::app
