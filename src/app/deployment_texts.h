#pragma once
#include <memory>
#include <string>

#include "app/access.h"
#include "core/deployment.h"
#include "core/page.h"
#include "store/kept.h"
#include "wire/urls.h"

/// Deployments as JSON, kept from one request to the next (docs/decisions/0031).
namespace esclusa::app {

struct DeploymentText {
  std::string json;
  std::string tag;  ///< SHA-256 of the JSON, in hex
  EnvironmentNameId original_environment;
  std::optional<core::Repeats> repeats;  ///< for headers: the JSON is GitHub's
  Timestamp updated_at{};
  store::Sources sources;  ///< the rows that it shows
};
using SharedDeployment = std::shared_ptr<const DeploymentText>;

/// `not_found` if the repository has no such deployment.
Result<SharedDeployment> get_deployment_text(Reader& db, const RepositoryAccess& access,
                                             DeploymentId id, const wire::Urls& urls);

/// A page of the repository's deployments, the newest first. An agent names an environment of its
/// own (403 `environment_not_of_agent`); a page lacks what came there from another environment, but
/// the total counts it.
Result<core::Listing<SharedDeployment>> list_deployment_texts(Reader& db,
                                                              const RepositoryAccess& access,
                                                              const core::DeploymentFilter& filter,
                                                              const core::Page& page,
                                                              const wire::Urls& urls);

}  // namespace esclusa::app
