#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/deploy_key.h"
#include "core/enum_names.h"
#include "core/repository.h"

/// The rules of the SSH door: what may be asked for there, and what a deploy key opens.
namespace esclusa::core {

/// The two programs of git that a client may ask for.
enum class GitService { upload_pack, receive_pack };

template <>
struct enum_names<GitService> {
  static constexpr NameTable<GitService, 2> values{
      {{GitService::upload_pack, "upload-pack"}, {GitService::receive_pack, "receive-pack"}}};
};

/// What `SSH_ORIGINAL_COMMAND` asked for.
struct SshRequest {
  GitService service = GitService::upload_pack;
  std::string owner;
  std::string repository;

  std::string full_name() const { return owner + "/" + repository; }
};

/// Reads the command that a client sent. The whole grammar, in which a blank is one blank:
///
///   ("git-" | "git ") ("upload-pack" | "receive-pack") " '" ["/"] OWNER "/" NAME [".git"] "'"
///
/// OWNER and NAME are such as accounts and repositories can have, so that there is nothing to
/// unquote. Everything else is refused, whatever it would mean to a shell.
Result<SshRequest> parse_ssh_command(std::string_view command);

/// What git may be told of a client's `GIT_PROTOCOL`: `version=0` to `2`, perhaps with more behind
/// a colon.
bool is_git_protocol(std::string_view value);

/// A path that means the same to sshd, to a shell and to git, unquoted.
bool is_plain_path(std::string_view path);

/// The one line that `AuthorizedKeysCommand` prints: the key opens `command`, and nothing else.
/// `key` is what OpenSSH has read, `command` has plain words only.
std::string authorized_key_line(const PublicKey& key, std::string_view command);

/// Whether the key still opens anything. In `forbidden`'s message there is nothing of others.
Result<void> check_key_opens(const std::optional<DeployKey>& key, Timestamp now);

/// Whether the key opens this repository for that. `repository` is the one that the client named.
Result<void> check_ssh_session(const DeployKey& key, const std::optional<Repository>& repository,
                               const SshRequest& request);

}  // namespace esclusa::core
