#include "wire/commit_status.h"

#include "wire/account.h"
#include "wire/json_body.h"
#include "wire/node_id.h"
#include "wire/repository.h"

namespace esclusa::wire {

Result<core::NewCommitStatus> parse_new_commit_status(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::NewCommitStatus input;
  const auto state = core::from_name<core::CommitState>(TRY(body.required_string("state")));
  if (!state) {  // GitHub's text, unlike that of a deployment status
    return fail_validation({"Status", "state", "custom", "State is not included in the list"},
                           "invalid_state");
  }
  input.state = *state;
  input.target_url = TRY(body.optional_string("target_url"));
  input.description = TRY(body.optional_string("description"));
  input.context = TRY(body.string_or("context", input.context));
  return input;
}

namespace {

/// The members that both forms of a status have. The caller closes the object.
void begin_status(JsonWriter& json, const core::CommitStatus& status,
                  const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("url", urls.repository(repository) + "/statuses/" + status.sha)
      .member("avatar_url", urls.avatar(status.creator))
      .member("id", status.id.value)
      .member("node_id", node_id("SC", {repository.id.value, status.id.value}))
      .member("state", core::to_name(status.state))
      .member("description", status.description)
      .member("target_url", status.target_url)
      .member("context", status.context)
      .member("created_at", status.created_at)
      .member("updated_at", status.created_at);
}

}  // namespace

void write_commit_status(JsonWriter& json, const core::CommitStatus& status,
                         const core::Repository& repository, const Urls& urls) {
  begin_status(json, status, repository, urls);
  json.key("creator");
  write_account(json, status.creator, urls);
  json.end_object();
}

void write_combined_status(JsonWriter& json, const std::string& sha,
                           const std::vector<core::CommitStatus>& latest, const core::Page& page,
                           const core::Repository& repository, const Urls& urls) {
  const std::string commit_url = urls.repository(repository) + "/commits/" + sha;
  json.begin_object().member("state", core::to_name(core::combine(latest)));
  json.key("statuses").begin_array();
  for (const core::CommitStatus& status : page.cut(latest)) {
    begin_status(json, status, repository, urls);
    json.end_object();
  }
  json.end_array();
  json.member("sha", sha).member("total_count", static_cast<int64_t>(latest.size()));
  json.key("repository");
  write_minimal_repository(json, repository, urls);
  json.member("commit_url", commit_url).member("url", commit_url + "/status").end_object();
}

}  // namespace esclusa::wire
