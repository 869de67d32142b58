#pragma once
#include "core/principal.h"
#include "core/repository.h"
#include "wire/api_version.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `repository` as it stands in webhooks, and in `GET /repos/{owner}/{repo}`.
/// `viewer_role` adds `permissions` and what else only `full-repository` has; events have none, and
/// no version.
void write_repository(JsonWriter& json, const core::Repository& repository, const Urls& urls,
                      std::optional<core::Role> viewer_role = std::nullopt,
                      ApiVersion version = {});

/// GitHub's `minimal-repository`, as it stands in a combined status.
void write_minimal_repository(JsonWriter& json, const core::Repository& repository,
                              const Urls& urls);

}  // namespace esclusa::wire
