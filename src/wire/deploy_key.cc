#include "wire/deploy_key.h"

#include "wire/json_body.h"
#include "wire/time_member.h"

namespace esclusa::wire {
namespace {

/// The members that answers and events have in common.
void write_start(JsonWriter& json, const core::DeployKey& key, const core::Repository& repository,
                 const Urls& urls) {
  json.begin_object()
      .member("id", key.id.value)
      .member("key", key.key.text)
      .member("url", deploy_key_url(urls, repository, key.id))
      .member("title", key.title)
      .member("verified", true)
      .member("created_at", key.created_at)
      .member("read_only", key.read_only);
}

}  // namespace

std::string deploy_key_url(const Urls& urls, const core::Repository& repository, DeployKeyId id) {
  return urls.repository(repository) + "/keys/" + std::to_string(id.value);
}

Result<core::NewDeployKey> parse_new_deploy_key(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewDeployKey input;
  input.key = TRY(body.required_string("key"));
  input.title = TRY(body.optional_string("title"));
  input.read_only = TRY(body.boolean_or("read_only", false));
  input.expires_at = TRY(optional_time(body, "expires_at"));
  return input;
}

void write_deploy_key(JsonWriter& json, const core::DeployKey& key,
                      const core::Repository& repository, const Urls& urls, Timestamp now) {
  write_start(json, key, repository, urls);
  json.member("last_used", key.last_used_at)
      .member("added_by", key.added_by.login)
      .member("enabled", core::is_enabled(key, now))
      .member("expires_at", key.expires_at)
      .end_object();
}

void write_event_deploy_key(JsonWriter& json, const core::DeployKey& key,
                            const core::Repository& repository, const Urls& urls) {
  write_start(json, key, repository, urls);
  json.end_object();
}

}  // namespace esclusa::wire
