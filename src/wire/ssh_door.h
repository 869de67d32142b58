#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_writer.h"
#include "core/deploy_key.h"
#include "core/ref_intent.h"
#include "core/repository.h"
#include "core/ssh_door.h"

/// The messages between OpenSSH's helpers and the server, for both sides.
namespace esclusa::wire {

/// `{"key_id": 1, "key": "ssh-ed25519 …"}`
void write_ssh_key(JsonWriter& json, const core::DeployKey& key);
/// `{"session": "…", "full_name": "…", "path": "…", "repository_hooks": false, "alternates": […]}`
void write_ssh_session(JsonWriter& json, const std::string& id, const core::Repository& repository,
                       bool repository_hooks);

/// `{"key_id": 1, "service": "upload-pack", "repository": "OWNER/NAME"}`
struct SshStart {
  DeployKeyId key_id;
  core::SshRequest request;
};
std::string write_ssh_start(const SshStart& start);
Result<SshStart> parse_ssh_start(std::string_view text);

/// `{"key_id": 1, "service": "upload-pack"}`
struct SshCheck {
  DeployKeyId key_id;
  core::GitService service = core::GitService::upload_pack;
};
std::string write_ssh_check(const SshCheck& check);
Result<SshCheck> parse_ssh_check(std::string_view text);

/// `{"key_id": 1, "changes": [{"ref": "refs/heads/main", "from": "…", "to": "…"}]}`
struct SshChanges {
  std::optional<DeployKeyId> key_id = {};
  std::vector<core::RefChange> changes = {};
};
std::string write_ssh_changes(const SshChanges& changes);
Result<SshChanges> parse_ssh_changes(std::string_view text);

}  // namespace esclusa::wire
