#include "wire/ssh_door.h"

#include "base/text.h"
#include "wire/json_body.h"
#include "wire/list.h"

namespace esclusa::wire {
namespace {

Result<DeployKeyId> key_id_of(const JsonBody& body) {
  const auto id = body.json().integer_at("key_id");
  if (!id || *id < 1) return fail_request("\"key_id\" should be a key's id.");
  return DeployKeyId{*id};
}

Result<core::GitService> service_of(const JsonBody& body) {
  const auto service = core::from_name<core::GitService>(TRY(body.required_string("service")));
  if (!service) return fail_request("\"service\" should be upload-pack or receive-pack.");
  return *service;
}

}  // namespace

void write_ssh_key(JsonWriter& json, const core::DeployKey& key) {
  json.begin_object().member("key_id", key.id.value).member("key", key.key.text).end_object();
}

void write_ssh_session(JsonWriter& json, const std::string& id, const core::Repository& repository,
                       bool repository_hooks) {
  json.begin_object()
      .member("session", id)
      .member("full_name", repository.full_name())
      .member("path", repository.path)
      .member("repository_hooks", repository_hooks)
      .key("alternates");
  write_texts(json, repository.alternates);
  json.end_object();
}

std::string write_ssh_start(const SshStart& start) {
  JsonWriter json;
  json.begin_object()
      .member("key_id", start.key_id.value)
      .member("service", core::to_name(start.request.service))
      .member("repository", start.request.full_name())
      .end_object();
  return json.take();
}

Result<SshStart> parse_ssh_start(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  SshStart start;
  start.key_id = TRY(key_id_of(body));
  start.request.service = TRY(service_of(body));
  const std::string name = TRY(body.required_string("repository"));
  const auto parts = split(name, '/');
  if (parts.size() != 2) return fail_request("\"repository\" should be OWNER/NAME.");
  start.request.owner = parts[0];
  start.request.repository = parts[1];
  return start;
}

std::string write_ssh_check(const SshCheck& check) {
  JsonWriter json;
  json.begin_object()
      .member("key_id", check.key_id.value)
      .member("service", core::to_name(check.service))
      .end_object();
  return json.take();
}

Result<SshCheck> parse_ssh_check(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  return SshCheck{TRY(key_id_of(body)), TRY(service_of(body))};
}

std::string write_ssh_changes(const SshChanges& changes) {
  JsonWriter json;
  json.begin_object();
  if (changes.key_id) json.member("key_id", changes.key_id->value);
  json.key("changes").begin_array();
  for (const core::RefChange& change : changes.changes) {
    json.begin_object()
        .member("ref", change.ref)
        .member("from", change.from_sha)
        .member("to", change.to_sha)
        .end_object();
  }
  json.end_array().end_object();
  return json.take();
}

Result<SshChanges> parse_ssh_changes(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  SshChanges changes;
  if (body.has("key_id")) changes.key_id = TRY(key_id_of(body));
  const auto list = body.find("changes");
  if (!list || !list->is_array()) return fail_request("\"changes\" should be an array.");
  for (const Json& item : list->elements()) {
    changes.changes.push_back({item.string_at("ref").value_or(""),
                               item.string_at("from").value_or(""),
                               item.string_at("to").value_or("")});
  }
  return changes;
}

}  // namespace esclusa::wire
