#pragma once
#include "app/change.h"
#include "core/commit.h"
#include "core/gates.h"

/// The `deployment_review` events.
namespace esclusa::app {

/// A commit that has only its SHA.
core::Commit unread_head(const std::string& sha);
/// Reads a commit as events show it, with accounts; call it before a transaction. Returns the SHA
/// only if the repository cannot be read: a review must not fail for that.
core::Commit read_head(const Context& context, const core::Repository& repository,
                       const std::string& sha);
/// Reads the commit of a deployment. `not_found` if there is no such deployment.
Result<core::Commit> read_head(const Context& context, const core::Repository& repository,
                               DeploymentId deployment);

/// A deployment under review, its environment and its commit.
struct Reviewed {
  const core::Deployment& deployment;
  const core::Environment& environment;
  const core::Commit& head;
};
/// Inserts the event that requests reviews from the environment's reviewers. Its sender is the
/// actor's account, or the deployment's creator where the actor has none.
void announce_request(Change& change, const core::Repository& repository, const Reviewed& about);
/// Inserts the event of a review, by its reviewer.
void announce_review(Change& change, const core::Repository& repository, const Reviewed& about,
                     const core::DeploymentReview& review);

}  // namespace esclusa::app
