#pragma once
#include <vector>

#include "base/error.h"
#include "base/json_writer.h"
#include "core/commit_status.h"
#include "core/page.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The body of `POST …/statuses/{sha}`.
Result<core::NewCommitStatus> parse_new_commit_status(std::string_view body);

/// GitHub's `status`.
void write_commit_status(JsonWriter& json, const core::CommitStatus& status,
                         const core::Repository& repository, const Urls& urls);

/// GitHub's `combined-commit-status`: the combined state of all contexts, and one page of statuses.
void write_combined_status(JsonWriter& json, const std::string& sha,
                           const std::vector<core::CommitStatus>& latest, const core::Page& page,
                           const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
