#pragma once
#include <optional>
#include <string>

#include "base/json_writer.h"
#include "core/commit.h"
#include "core/deployment.h"
#include "core/repository.h"
#include "wire/urls.h"

/// GitHub's workflow runs. Here a run is a deployment, which gives it its id, and so is its
/// workflow.
namespace esclusa::wire {

/// The state of a run. The conclusion is null until the run has completed.
struct RunState {
  std::string status;
  std::optional<std::string> conclusion;
};

/// The state of a run by the deployment's phase and latest status.
RunState run_state(const core::Deployment& deployment);

/// GitHub's `workflow-run`. A `head` that was not read has only its SHA.
void write_workflow_run(JsonWriter& json, const core::Deployment& deployment,
                        const core::Commit& head, const RunState& state,
                        const core::Repository& repository, const Urls& urls);

/// The page of a run, for people.
std::string run_html_url(const core::Deployment& deployment, const core::Repository& repository,
                         const Urls& urls);

/// GitHub's `workflow`.
void write_workflow(JsonWriter& json, const core::Deployment& deployment,
                    const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
