#include "api/ssh_door.h"

#include "api/ssh_sessions.h"
#include "app/pushes.h"
#include "app/ssh_door.h"
#include "wire/ssh_door.h"

namespace esclusa::api {

Result<http::Response> ssh_find_key(const Call& call) {
  const auto body = TRY(wire::JsonBody::parse(call.request.body));
  const auto key = TRY(app::find_opening_key(call.context, TRY(body.required_string("key"))));
  wire::JsonWriter json;
  json.begin_object().member("key_id", key.id.value).member("key", key.key.text).end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> ssh_start_session(const Call& call) {
  const auto asked = TRY(wire::parse_ssh_start(call.request.body));
  if (!call.ssh_sessions->has_room(call.context.now())) {
    return fail(ErrorCode::unavailable, "too many sessions are open here; try again",
                "too_many_ssh_sessions");
  }
  const auto session = TRY(
      app::start_ssh_session(call.context, asked.key_id, asked.request, call.principal.request_id));
  call.ssh_sessions->note(session.id, call.context.now());
  wire::JsonWriter json;
  json.begin_object()
      .member("session", session.id)
      .member("full_name", session.repository.full_name())
      .member("path", session.repository.path)
      .member("repository_hooks", call.settings.ssh_repository_hooks)
      .key("alternates")
      .begin_array();
  for (const std::string& folder : session.repository.alternates) json.value(folder);
  json.end_array().end_object();
  return json_response(201, std::move(json));
}

Result<http::Response> ssh_check_session(const Call& call) {
  const auto asked = TRY(wire::parse_ssh_check(call.request.body));
  TRY(app::check_ssh_session(call.context, call.parameter("session"), asked.key_id, asked.service));
  call.ssh_sessions->note(call.parameter("session"), call.context.now());
  return no_content();
}

Result<http::Response> ssh_begin_push(const Call& call) {
  const auto asked = TRY(wire::parse_ssh_changes(call.request.body));
  if (!asked.key_id) return fail_request("\"key_id\" wasn't supplied.");
  const auto session = TRY(app::check_ssh_session(call.context, call.parameter("session"),
                                                  *asked.key_id, core::GitService::receive_pack));
  TRY(app::begin_push(call.context, session, asked.changes, call.principal.request_id));
  return no_content();
}

Result<http::Response> ssh_finish_push(const Call& call) {
  const auto asked = TRY(wire::parse_ssh_changes(call.request.body));
  TRY(app::finish_push(call.context, call.parameter("session"), asked.changes));
  return no_content();
}

Result<http::Response> ssh_end_session(const Call& call) {
  call.ssh_sessions->end(call.parameter("session"));
  const bool is_reported = call.query_value("git") == "reported";
  TRY(app::end_push(call.context, call.parameter("session"),
                    is_reported ? app::GitEnd::reported : app::GitEnd::unknown));
  return no_content();
}

}  // namespace esclusa::api
