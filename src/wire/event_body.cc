#include "wire/event_body.h"

#include "base/text.h"
#include "core/names.h"
#include "core/ref_intent.h"
#include "wire/account.h"
#include "wire/check_run.h"
#include "wire/commit.h"
#include "wire/deploy_key.h"
#include "wire/deployment.h"
#include "wire/deployment_status.h"
#include "wire/hook.h"
#include "wire/json_compact.h"
#include "wire/node_id.h"
#include "wire/repository.h"

namespace esclusa::wire {
namespace {

void write_organization_member(JsonWriter& json, const core::Account& owner, const Urls& urls) {
  if (owner.kind != core::AccountKind::organization) return;
  json.key("organization");
  write_simple_organization(json, owner, urls);
}

std::string finish_with_sender(JsonWriter& json, const core::Account& sender, const Urls& urls) {
  json.key("sender");
  write_account(json, sender, urls);
  json.end_object();
  // Many receivers check the signature over JSON.stringify of the parsed body.
  return compact_json(json.text());
}

/// The same for a hook.
std::string finish(JsonWriter& json, const HookEventContext& context) {
  if (auto* repository = std::get_if<core::Repository>(&context.owner)) {
    return finish_event(json, {*repository, context.sender, context.urls});
  }
  if (auto* organization = std::get_if<core::Account>(&context.owner)) {
    write_organization_member(json, *organization, context.urls);
  }
  return finish_with_sender(json, context.sender, context.urls);
}

/// The time format of `status` events, which no other event uses.
std::string with_offset(Timestamp time) {
  std::string text = format_time(time);
  text.replace(text.find('Z'), 1, "+00:00");
  return text;
}

void write_paths(JsonWriter& json, const char* name, const std::vector<std::string>& paths) {
  json.key(name).begin_array();
  for (const std::string& path : paths) json.value(path);
  json.end_array();
}

void write_pushed_commit(JsonWriter& json, const core::PushedCommit& pushed,
                         const std::string& html_url) {
  const core::Commit& commit = pushed.commit;
  json.begin_object()
      .member("id", commit.sha)
      .member("tree_id", commit.tree_sha)
      .member("distinct", pushed.is_distinct)
      .member("message", commit.message)
      .member("timestamp", commit.committer.at)
      .member("url", html_url + "/commit/" + commit.sha);
  write_event_person(json, "author", commit.author);
  write_event_person(json, "committer", commit.committer);
  write_paths(json, "added", pushed.added);
  write_paths(json, "removed", pushed.removed);
  write_paths(json, "modified", pushed.modified);
  json.end_object();
}

}  // namespace

std::string delivered_body(std::string body, std::optional<InstallationId> installation) {
  if (!installation || !body.ends_with('}')) return body;
  body.pop_back();
  body += R"(,"installation":{"id":)" + std::to_string(installation->value) + R"(,"node_id":")" +
          older_node_id("IntegrationInstallation", installation->value) + "\"}}";
  return body;
}

std::string event_end(const EventContext& context) {
  JsonWriter json;
  json.begin_object().key("repository");
  write_repository(json, context.repository, context.urls);
  write_organization_member(json, context.repository.owner, context.urls);
  std::string end = finish_with_sender(json, context.sender, context.urls);
  end.front() = ',';  // other members precede these
  return end;
}

std::string finish_event(JsonWriter& json, const EventContext& context) {
  std::string body = compact_json(json.text());
  body += context.end.empty() ? event_end(context) : context.end;
  return body;
}

void write_event_person(JsonWriter& json, const char* name, const core::Signature& person) {
  json.key(name)
      .begin_object()
      .member("name", person.name)
      .member("email", person.email)
      .member("date", person.at);
  if (person.account) json.member("username", person.account->login);
  json.end_object();
}

std::string deployment_event(const EventContext& context, const core::Deployment& deployment) {
  JsonWriter json;
  json.begin_object().member("action", "created");
  json.key("deployment");
  write_deployment(json, deployment, context.repository, context.urls);
  json.member("workflow", nullptr).member("workflow_run", nullptr);
  return finish_event(json, context);
}

std::string deployment_status_event(const EventContext& context,
                                    const core::DeploymentStatus& status,
                                    const core::Deployment& deployment) {
  JsonWriter json;
  json.begin_object().member("action", "created");
  json.key("deployment_status");
  write_status(json, status, context.repository, context.urls, StatusAudience::event);
  json.key("deployment");
  write_deployment(json, deployment, context.repository, context.urls);
  return finish_event(json, context);
}

std::string status_event(const EventContext& context, const core::CommitStatus& status,
                         const core::Commit& commit, const std::vector<core::Branch>& branches) {
  JsonWriter json;
  json.begin_object()
      .member("id", status.id.value)
      .member("sha", status.sha)
      .member("name", context.repository.full_name())
      .member("avatar_url", context.urls.avatar(status.creator))
      .member("target_url", status.target_url)
      .member("context", status.context)
      .member("description", status.description)
      .member("state", core::to_name(status.state));
  json.key("commit");
  write_event_commit(json, commit, context.repository, context.urls);
  json.key("branches").begin_array();
  for (const core::Branch& branch : branches) {
    write_branch(json, branch, context.repository, context.urls);
  }
  json.end_array();
  json.member("created_at", with_offset(status.created_at))
      .member("updated_at", with_offset(status.created_at));
  return finish_event(json, context);
}

std::string check_run_event(const EventContext& context, std::string_view action,
                            const core::CheckRun& run) {
  JsonWriter json;
  json.begin_object().member("action", action);
  json.key("check_run");
  write_event_check_run(json, run, context.repository, context.urls);
  return finish_event(json, context);
}

std::string deploy_key_event(const EventContext& context, std::string_view action,
                             const core::DeployKey& key) {
  JsonWriter json;
  json.begin_object().member("action", action);
  json.key("key");
  write_event_deploy_key(json, key, context.repository, context.urls);
  return finish_event(json, context);
}

namespace {

/// The page that compares both sides of the push; for a new ref, the page of that ref.
std::string compare_url(const core::Push& push, const std::string& html_url) {
  constexpr size_t abbreviated = 12;
  if (push.before_sha == core::zero_sha) {
    const std::string_view name = push.ref;
    return html_url + "/compare/" +
           percent_encode(name.substr(name.find('/', std::string_view("refs/").size()) + 1), "/");
  }
  return html_url + "/compare/" + push.before_sha.substr(0, abbreviated) + "..." +
         push.after_sha.substr(0, abbreviated);
}

}  // namespace

std::string push_event(const EventContext& context, const core::Push& push) {
  const std::string html_url = context.urls.web + "/" + Urls::path_of(context.repository);
  JsonWriter json;
  json.begin_object()
      .member("ref", push.ref)
      .member("before", push.before_sha)
      .member("after", push.after_sha)
      .member("created", push.before_sha == core::zero_sha)
      .member("deleted", push.after_sha == core::zero_sha)
      .member("forced", push.is_forced)
      .member("base_ref", nullptr)
      .member("compare", compare_url(push, html_url));
  json.key("commits").begin_array();
  for (const core::PushedCommit& pushed : push.commits) {
    write_pushed_commit(json, pushed, html_url);
  }
  json.end_array().key("head_commit");
  if (push.head) {
    write_pushed_commit(json, *push.head, html_url);
  } else {
    json.value(nullptr);
  }
  json.key("pusher")
      .begin_object()
      .member("name", context.sender.login)
      .member("email", core::address_of(context.sender))
      .end_object();
  return finish_event(json, context);
}

std::string ping_event(const HookEventContext& context, const core::Hook& hook) {
  JsonWriter json;
  json.begin_object()
      .member("zen", "A gate opens when the levels agree.")
      .member("hook_id", hook.id.value);
  json.key("hook");
  write_pinged_hook(json, hook, context.owner, context.urls);
  return finish(json, context);
}

std::string meta_event(const HookEventContext& context, const core::Hook& hook) {
  JsonWriter json;
  json.begin_object().member("action", "deleted").member("hook_id", hook.id.value);
  json.key("hook");
  write_deleted_hook(json, hook);
  // The schema of `meta` events, unlike all others, has no `organization`.
  if (auto* repository = std::get_if<core::Repository>(&context.owner)) {
    json.key("repository");
    write_repository(json, *repository, context.urls);
  }
  return finish_with_sender(json, context.sender, context.urls);
}

}  // namespace esclusa::wire
