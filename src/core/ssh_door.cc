#include "core/ssh_door.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {
namespace {

/// Many times longer than any valid command.
constexpr size_t command_bytes = 4 * 1024;
constexpr size_t git_protocol_bytes = 256;
constexpr size_t path_bytes = 512;

std::unexpected<Error> no_git_command() {
  return fail(ErrorCode::forbidden,
              "this door opens to git-upload-pack and git-receive-pack alone, as git fetch, git "
              "clone and git push ask for them",
              "ssh_command_refused");
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<GitService> take_service(std::string_view& text) {
  if (!take(text, "git-") && !take(text, "git ")) return std::nullopt;
  for (const auto& [service, name] : enum_names<GitService>::values) {
    if (take(text, name)) return service;
  }
  return std::nullopt;
}

/// Whether there are only ASCII letters, digits and the characters of `others`.
bool is_made_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.contains(c);
  });
}

bool is_login(std::string_view owner) {
  return check_login(owner, AccountKind::user).has_value() ||
         check_login(owner, AccountKind::bot).has_value();
}

}  // namespace

Result<SshRequest> parse_ssh_command(std::string_view command) {
  if (command.size() > command_bytes) return no_git_command();
  const auto service = take_service(command);
  if (!service || !take(command, " '") || !command.ends_with('\'')) return no_git_command();
  command.remove_suffix(1);
  take(command, "/");
  const size_t slash = command.find('/');
  if (slash == command.npos) return no_git_command();
  const std::string_view owner = command.substr(0, slash);
  std::string_view name = command.substr(slash + 1);
  if (name.ends_with(".git")) name.remove_suffix(std::string_view(".git").size());
  if (!is_login(owner) || !check_repository_name(name)) return no_git_command();
  return SshRequest{*service, std::string(owner), std::string(name)};
}

bool is_git_protocol(std::string_view value) {
  if (value.size() > git_protocol_bytes || has_control_characters(value)) return false;
  if (!take(value, "version=") || value.empty() || value[0] < '0' || value[0] > '2') return false;
  value.remove_prefix(1);
  return value.empty() || value[0] == ':';
}

bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && path.size() <= path_bytes && is_made_of(path, "/._-+@");
}

Result<std::string> key_line(std::string_view type, std::string_view blob) {
  const bool are_words = !type.empty() && !blob.empty() &&
                         type.size() + blob.size() <= limits::public_key_bytes &&
                         is_made_of(type, "-.@") && is_made_of(blob, "+/=");
  if (are_words) return std::string(type) + " " + std::string(blob);
  return fail(ErrorCode::invalid, "sshd should pass on a key's type and its base64");
}

std::string authorized_key_line(std::string_view key, std::string_view command) {
  return "restrict,command=\"" + std::string(command) + "\" " + std::string(key);
}

}  // namespace esclusa::core
