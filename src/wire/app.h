#pragma once
#include <optional>
#include <string_view>

#include "base/json_writer.h"
#include "core/app.h"
#include "wire/api_version.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// GitHub's `integration`. Only the app itself learns how many installations it has.
void write_app(JsonWriter& json, const core::App& app, const Urls& urls,
               std::optional<int64_t> installation_count = std::nullopt);
/// The member `performed_via_github_app`: the app, or null without one.
void write_performing_app(JsonWriter& json, const core::App* app, const Urls& urls);
/// GitHub's `installation`.
void write_installation(JsonWriter& json, const core::App& app,
                        const core::Installation& installation, const Urls& urls);
/// `{"deployments": "write"}`: GitHub's `app-permissions`.
void write_app_permissions(JsonWriter& json, const core::Permissions& permissions);

/// The body of `POST /app/installations/{installation_id}/access_tokens`, which may be `null`.
Result<core::NewInstallationToken> parse_new_installation_token(std::string_view text);
/// GitHub's `installation-token`. The selection is of what the token reaches.
void write_installation_token(JsonWriter& json, const core::MintedInstallationToken& minted,
                              core::RepositorySelection selection, const Urls& urls,
                              ApiVersion version);

}  // namespace esclusa::wire
