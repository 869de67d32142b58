#pragma once
#include "core/commit.h"
#include "core/gates.h"
#include "wire/event_body.h"

/// The bodies of `deployment_review` events. GitHub's are about a workflow run; here the deployment
/// takes its place, and gives it its id.
namespace esclusa::wire {

/// A deployment under review, its environment and its commit, which may have only its SHA.
struct ReviewedDeployment {
  const core::Deployment& deployment;
  const core::EnvironmentDetails& environment;
  const core::Commit& head;
};

std::string review_requested_event(const EventContext& context, const ReviewedDeployment& about);
/// `action` is `approved` or `rejected`.
std::string review_event(const EventContext& context, const ReviewedDeployment& about,
                         std::string_view action, const core::DeploymentReview& review);

}  // namespace esclusa::wire
