#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/enum_names.h"

/// What sshd and the clients of git over SSH may say. What a deploy key opens is in
/// core/ssh_access.h.
namespace esclusa::core {

/// The two programs of git that a client may request.
enum class GitService { upload_pack, receive_pack };

template <>
struct enum_names<GitService> {
  static constexpr NameTable<GitService, 2> values{
      {{GitService::upload_pack, "upload-pack"}, {GitService::receive_pack, "receive-pack"}}};
};

/// The parsed `SSH_ORIGINAL_COMMAND`.
struct SshRequest {
  GitService service = GitService::upload_pack;
  std::string owner;
  std::string repository;

  std::string full_name() const { return owner + "/" + repository; }
};

/// Parses the command of a client. The whole grammar, with exactly one blank for each blank:
///
///   ("git-" | "git ") ("upload-pack" | "receive-pack") " '" ["/"] OWNER "/" NAME [".git"] "'"
///
/// OWNER and NAME are valid names of accounts and repositories, so that nothing needs unquoting.
/// Everything else is refused, whatever it means to a shell.
Result<SshRequest> parse_ssh_command(std::string_view command);

/// Whether git may receive this value of a client's `GIT_PROTOCOL`: `version=0` to `2`, optionally
/// with more text after a colon.
bool is_git_protocol(std::string_view value);

/// Whether sshd, a shell and git all read the unquoted path in the same way.
bool is_plain_path(std::string_view path);

/// The words of a key that sshd passes on (`%t`, `%k`) as the server stores them: `type blob`.
/// `invalid` if a line of `authorized_keys` with them could mean something else. It does not look
/// whether they are a key.
Result<std::string> key_line(std::string_view type, std::string_view blob);

/// The one line that `AuthorizedKeysCommand` prints: the key may run only `command`. `key` is a
/// `key_line`, and `command` consists of plain words.
std::string authorized_key_line(std::string_view key, std::string_view command);

}  // namespace esclusa::core
