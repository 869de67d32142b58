#include "app/review_events.h"

#include "app/commits.h"
#include "app/deployment_events.h"
#include "app/reviewers.h"
#include "base/log.h"
#include "git/commits.h"
#include "store/deployments.h"
#include "wire/review_event.h"

namespace esclusa::app {
namespace {

Result<core::Commit> try_read(const Context& context, const core::Repository& repository,
                              const std::string& sha) {
  const auto git = TRY(git::Repository::open(repository));
  core::Commit commit = TRY(git::read_commit(git, sha));
  TRY(find_accounts(context, {&commit.author, &commit.committer}));
  return commit;
}

/// The environment as everybody may see it: an event goes to every hook and feed reader, so it must
/// not name a secret team.
core::EnvironmentDetails details_for_everybody(Reader& db, const core::Environment& environment) {
  return details_for(db, core::Actor::nobody(), environment);
}

}  // namespace

core::Commit unread_head(const std::string& sha) {
  core::Commit commit;
  commit.sha = sha;
  return commit;
}

core::Commit read_head(const Context& context, const core::Repository& repository,
                       const std::string& sha) {
  auto commit = try_read(context, repository, sha);
  if (commit) return *std::move(commit);
  log::warning("an event about a review shows no commit",
               {{"repository", repository.full_name()}, {"error", commit.error().message}});
  return unread_head(sha);
}

Result<core::Commit> read_head(const Context& context, const core::Repository& repository,
                               DeploymentId id) {
  const auto deployment = TRY(context.database.read(
      [&](Reader& db) { return store::find_deployment(db, repository.id, id); }));
  if (!deployment) return not_found();
  return read_head(context, repository, deployment->sha);
}

void announce_request(Change& change, const core::Repository& repository, const Reviewed& about) {
  const core::Account* account = change.actor.account();
  const core::Account& sender = account != nullptr ? *account : about.deployment.creator;
  change.raise(
      new_deployment_event(change, about.deployment, "deployment_review", "requested"),
      wire::review_requested_event(
          change.event_context(repository, sender),
          {about.deployment, details_for_everybody(change.rows, about.environment), about.head}));
}

void announce_review(Change& change, const core::Repository& repository, const Reviewed& about,
                     const core::DeploymentReview& review) {
  // As in the list of approvals, a bypass is an approval with its reason as the comment.
  const char* action = review.state == core::ReviewState::rejected ? "rejected" : "approved";
  change.raise(
      new_deployment_event(change, about.deployment, "deployment_review", action),
      wire::review_event(
          change.event_context(repository, review.reviewer),
          {about.deployment, details_for_everybody(change.rows, about.environment), about.head},
          action, review));
}

}  // namespace esclusa::app
