#include "app/review_events.h"

#include "app/commits.h"
#include "app/deployment_events.h"
#include "app/reviewers.h"
#include "base/log.h"
#include "git/commits.h"
#include "store/deployments.h"
#include "store/events.h"
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
core::EnvironmentDetails details_for_everybody(store::Connection& db,
                                               const core::Environment& environment) {
  return details_for(db, core::Principal{}, environment);
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
      [&](store::Connection& db) { return store::find_deployment(db, repository.id, id); }));
  if (!deployment) return not_found();
  return read_head(context, repository, deployment->sha);
}

void announce_request(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                      const Reviewed& about) {
  const core::Account sender = by.principal.account.value_or(about.deployment.creator);
  const wire::EventContext event_context{by.repository, sender, context.event_urls};
  store::insert_event(
      tx, event_of(about.deployment, "deployment_review", "requested", context.now()),
      wire::review_requested_event(
          event_context,
          {about.deployment, details_for_everybody(tx, about.environment), about.head}),
      by.principal);
}

void announce_review(store::Connection& tx, const Context& context, const RepositoryAccess& access,
                     const Reviewed& about, const core::DeploymentReview& review) {
  // As in the list of approvals, a bypass is an approval with its reason as the comment.
  const char* action = review.state == core::ReviewState::rejected ? "rejected" : "approved";
  const wire::EventContext event_context{access.repository, review.reviewer, context.event_urls};
  store::insert_event(
      tx, event_of(about.deployment, "deployment_review", action, review.created_at),
      wire::review_event(
          event_context,
          {about.deployment, details_for_everybody(tx, about.environment), about.head}, action,
          review),
      access.principal);
}

}  // namespace esclusa::app
