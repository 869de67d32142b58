#include "client/ssh_door.h"

#include <algorithm>

#include "base/json_writer.h"
#include "base/limits.h"
#include "client/refusal.h"
#include "http/local_call.h"
#include "wire/ssh_door.h"

namespace esclusa::client {
namespace {

using namespace std::chrono_literals;

/// sshd waits for the answer, and the helper also needs time to start.
constexpr auto find_time = limits::key_lookup_time - 500ms;
constexpr auto check_time = 1s;
constexpr auto session_time = 10s;  // long enough for a commit
constexpr auto push_time = 60s;     // the server reads the pushed commits
/// This many changes fit a request's body, however long their names are.
constexpr size_t changes_per_call = 500;

bool flag_at(const Json& body, std::string_view name) {
  const auto member = body.find(name);
  return member && member->boolean().value_or(false);
}

SshDoor::Session read_session(const Json& body) {
  SshDoor::Session session{.id = body.string_at("session").value_or(""),
                           .full_name = body.string_at("full_name").value_or(""),
                           .path = body.string_at("path").value_or(""),
                           .runs_repository_hooks = flag_at(body, "repository_hooks")};
  if (const auto alternates = body.find("alternates")) {
    for (const Json& folder : alternates->elements()) {
      session.alternates.push_back(folder.string().value_or(""));
    }
  }
  return session;
}

std::string session_path(const std::string& session) { return "/sessions/" + session; }

}  // namespace

Result<Json> SshDoor::call(const std::string& method, const std::string& path,
                           const std::string& body, std::chrono::milliseconds time) const {
  const std::string target = "/esclusa/ssh" + path;
  const auto answer = http::call_local({socket_, method, target, body, time});
  if (!answer) {
    return fail(ErrorCode::unavailable, "cannot reach the server at " + socket_ + ": " +
                                            answer.error().message +
                                            ". Is `esclusa serve` running?");
  }
  auto parsed = Json::parse(answer->body.empty() ? "null" : answer->body);
  if (answer->status >= 300) return std::unexpected(refusal(answer->status, parsed));
  if (!parsed) {
    return fail(ErrorCode::unavailable, "the server's answer to " + target + " is no JSON");
  }
  return parsed;
}

Result<SshDoor::Key> SshDoor::find_key(const std::string& line) const {
  JsonWriter json;
  json.begin_object().member("key", line).end_object();
  const Json answer = TRY(call("POST", "/keys", json.take(), find_time));
  return Key{{answer.integer_at("key_id").value_or(0)}, answer.string_at("key").value_or("")};
}

Result<SshDoor::Session> SshDoor::start_session(DeployKeyId key,
                                                const core::SshRequest& request) const {
  return read_session(
      TRY(call("POST", "/sessions", wire::write_ssh_start({key, request}), session_time)));
}

Result<void> SshDoor::check_session(const std::string& session, DeployKeyId key,
                                    core::GitService service) const {
  TRY(call("POST", session_path(session) + "/checks", wire::write_ssh_check({key, service}),
           check_time));
  return {};
}

Result<void> SshDoor::send_changes(const std::string& method, const std::string& session,
                                   std::optional<DeployKeyId> key,
                                   const std::vector<core::RefChange>& changes) const {
  for (size_t at = 0; at < changes.size(); at += changes_per_call) {
    const auto first = changes.begin() + static_cast<ptrdiff_t>(at);
    const auto count = std::min(changes_per_call, changes.size() - at);
    TRY(call(method, session_path(session) + "/changes",
             wire::write_ssh_changes({key, {first, first + static_cast<ptrdiff_t>(count)}}),
             push_time));
  }
  return {};
}

Result<void> SshDoor::begin_push(const std::string& session, DeployKeyId key,
                                 const std::vector<core::RefChange>& changes) const {
  return send_changes("POST", session, key, changes);
}

Result<void> SshDoor::finish_push(const std::string& session,
                                  const std::vector<core::RefChange>& made) const {
  return send_changes("PUT", session, std::nullopt, made);
}

Result<void> SshDoor::end_session(const std::string& session, bool is_reported) const {
  TRY(call("DELETE", session_path(session) + (is_reported ? "?git=reported" : ""), "", push_time));
  return {};
}

}  // namespace esclusa::client
