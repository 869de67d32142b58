#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/actor.h"
#include "core/repository_change.h"
#include "wire/api_version.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `repository` as in webhooks and in `GET /repos/{owner}/{repo}`. `viewer_role` adds
/// `permissions` and the other members that only `full-repository` has; events have neither a role
/// nor a version.
void write_repository(JsonWriter& json, const core::Repository& repository, const Urls& urls,
                      std::optional<core::Role> viewer_role = std::nullopt,
                      ApiVersion version = {});

/// GitHub's `minimal-repository`, as in a combined status; with a role, as in the list of a team's
/// repositories.
void write_minimal_repository(JsonWriter& json, const core::Repository& repository,
                              const Urls& urls, std::optional<core::Role> role = std::nullopt);
/// GitHub's `repository` as in a list, with the viewer's permissions.
void write_listed_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                             const Urls& urls, ApiVersion version);
/// The same as a result of a search: GitHub's `repo-search-result-item`.
void write_found_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                            const Urls& urls, ApiVersion version);
/// GitHub's `team-repository`, with the team's role.
void write_team_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                           const Urls& urls, ApiVersion version);

/// The body of `PATCH /repos/{owner}/{repo}`. GitHub's other settings are accepted and ignored,
/// except `archived`, which is `invalid`: a client would rely on its protection.
Result<core::RepositoryChange> parse_repository_change(std::string_view text);

/// A role's name in the older API: `pull` for read, `push` for write.
std::string_view permission_name(core::Role role);
/// The role of such a name; `invalid` for an unknown name.
Result<core::Role> parse_permission_name(std::string_view name);
/// The role of the body's `permission`, or `otherwise` if it is absent. The body may be empty.
Result<core::Role> parse_permission(std::string_view text, core::Role otherwise);
/// The member `permissions`: what the role allows.
void write_permissions(JsonWriter& json, core::Role role);

}  // namespace esclusa::wire
