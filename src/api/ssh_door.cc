#include "app/ssh_door.h"
#include "api/route_tables.h"
#include "api/ssh_sessions.h"
#include "app/pushes.h"
#include "core/operations/server.h"
#include "wire/json_body.h"
#include "wire/ssh_door.h"

/// The handlers of `esclusa-ssh keys` and `esclusa-ssh serve`, reached through the unix socket for
/// OpenSSH's helpers, which serves nothing else. Whoever may connect there could read the files of
/// every repository anyway; beyond that, the socket only tells the id of a key, and lets the peer
/// write audit rows.
namespace esclusa::api {
namespace {

Result<http::Response> ssh_find_key(const Call& call, app::Reader& db) {
  const auto body = TRY(wire::JsonBody::parse(call.request.body));
  const auto key = TRY(app::find_opening_key(call.context, db, TRY(body.required_string("key"))));
  JsonWriter json;
  wire::write_ssh_key(json, key);
  return json_response(200, std::move(json));
}

Result<http::Response> ssh_start_session(const Call& call) {
  const auto asked = TRY(wire::parse_ssh_start(call.request.body));
  if (!call.ssh_sessions->has_room(asked.key_id, call.context.now())) {
    return fail(ErrorCode::unavailable, "too many sessions are open here; try again",
                "too_many_ssh_sessions");
  }
  const auto session = TRY(
      app::start_ssh_session(call.context, asked.key_id, asked.request, call.actor.request_id()));
  call.ssh_sessions->note(session.id, asked.key_id, call.context.now());
  JsonWriter json;
  wire::write_ssh_session(json, session.id, session.repository, call.settings.ssh_repository_hooks);
  return json_response(201, std::move(json));
}

Result<http::Response> ssh_check_session(const Call& call, app::Reader& db) {
  const auto asked = TRY(wire::parse_ssh_check(call.request.body));
  TRY(app::check_ssh_session(call.context, db, call.parameter("session"), asked.key_id,
                             asked.service));
  call.ssh_sessions->note(call.parameter("session"), asked.key_id, call.context.now());
  return no_content();
}

Result<http::Response> ssh_begin_push(const Call& call) {
  const auto asked = TRY(wire::parse_ssh_changes(call.request.body));
  if (!asked.key_id) return fail_request("\"key_id\" wasn't supplied.");
  const auto session = TRY(call.context.database.read([&](app::Reader& db) {
    return app::check_ssh_session(call.context, db, call.parameter("session"), *asked.key_id,
                                  core::GitService::receive_pack);
  }));
  TRY(app::begin_push(call.context, session, asked.changes, call.actor.request_id()));
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

#define SSH "/esclusa/ssh"

// clang-format off
const Route table[] = {
    {"POST", SSH "/keys", &operations::ssh_find_key, "", Lane::keys, "", ssh_find_key},
    {"POST", SSH "/sessions", &operations::ssh_start_session, "", Lane::keys, "",
     ssh_start_session},
    {"POST", SSH "/sessions/{session}/checks", &operations::ssh_check_session, "", Lane::keys, "",
     ssh_check_session},
    {"POST", SSH "/sessions/{session}/changes", &operations::ssh_begin_push, "", Lane::git, "",
     ssh_begin_push},
    {"PUT", SSH "/sessions/{session}/changes", &operations::ssh_finish_push, "", Lane::git, "",
     ssh_finish_push},
    {"DELETE", SSH "/sessions/{session}", &operations::ssh_end_session, "", Lane::git, "",
     ssh_end_session},
};
// clang-format on

}  // namespace

std::span<const Route> ssh_door_routes() { return table; }

}  // namespace esclusa::api
