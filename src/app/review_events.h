#pragma once
#include "app/context.h"
#include "core/commit.h"
#include "core/gates.h"

/// The `deployment_review` events.
namespace esclusa::app {

/// A commit of which nothing is known but its SHA.
core::Commit unread_head(const std::string& sha);
/// A commit as events show it, with accounts. It is read before a transaction. If the repository
/// cannot be read, no review may depend on that: the SHA alone.
core::Commit read_head(const Context& context, const core::Repository& repository,
                       const std::string& sha);
/// That of a deployment. `not_found` if there is none.
Result<core::Commit> read_head(const Context& context, const core::Repository& repository,
                               DeploymentId deployment);

/// What waits, where, and its commit.
struct Reviewed {
  const core::Deployment& deployment;
  const core::Environment& environment;
  const core::Commit& head;
};
/// The environment's reviewers are asked. `by` acts: nobody (no account) for the timer.
void announce_request(store::Connection& tx, const Context& context, const RepositoryAccess& by,
                      const Reviewed& about);
/// Somebody has decided; `access` is the reviewer's.
void announce_review(store::Connection& tx, const Context& context, const RepositoryAccess& access,
                     const Reviewed& about, const core::DeploymentReview& review);

}  // namespace esclusa::app
