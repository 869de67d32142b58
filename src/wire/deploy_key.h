#pragma once
#include "base/error.h"
#include "base/json_writer.h"
#include "core/deploy_key.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

std::string deploy_key_url(const Urls& urls, const core::Repository& repository, DeployKeyId id);

/// The body of `POST …/keys`.
Result<core::NewDeployKey> parse_new_deploy_key(std::string_view body);

/// GitHub's `deploy-key`, with Esclusa's `expires_at`. The key is enabled or expired as of `now`.
void write_deploy_key(JsonWriter& json, const core::DeployKey& key,
                      const core::Repository& repository, const Urls& urls, Timestamp now);

/// The key of a `deploy_key` event: the schema allows only these members.
void write_event_deploy_key(JsonWriter& json, const core::DeployKey& key,
                            const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
