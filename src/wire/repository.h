#pragma once
#include "core/principal.h"
#include "core/repository_change.h"
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

/// GitHub's `minimal-repository`, as it stands in a combined status, and with a role in the list of
/// a team's repositories.
void write_minimal_repository(JsonWriter& json, const core::Repository& repository,
                              const Urls& urls, std::optional<core::Role> role = std::nullopt);
/// GitHub's `repository` as a list has it, with what the viewer may do.
void write_listed_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                             const Urls& urls, ApiVersion version);
/// GitHub's `team-repository`: with the role that a team has there.
void write_team_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                           const Urls& urls, ApiVersion version);

/// The body of `PATCH /repos/{owner}/{repo}`. GitHub's other settings are taken and do nothing, but
/// for `archived`, which would protect something: `invalid`.
Result<core::RepositoryChange> parse_repository_change(std::string_view text);

/// A role in the API's older words: `pull` for read, `push` for write.
std::string_view permission_name(core::Role role);
/// The role of such a word; `invalid` for another one.
Result<core::Role> parse_permission_name(std::string_view name);
/// The role in the `permission` of a body that may be empty, or else `otherwise`.
Result<core::Role> parse_permission(std::string_view text, core::Role otherwise);
/// The member `permissions`: what the role allows.
void write_permissions(JsonWriter& json, core::Role role);

}  // namespace esclusa::wire
