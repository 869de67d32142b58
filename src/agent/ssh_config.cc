#include "agent/ssh_config.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "agent/files.h"
#include "agent/ssh.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

/// Reads the path of a file for ssh's options, in which some characters have a special meaning.
Result<fs::path> read_path(const TomlTable& table, const std::string& key, const std::string& name,
                           const fs::path& folder) {
  const fs::path path = (folder / name).lexically_normal();
  if (path.string().find_first_of("\"\\%$\n") != std::string::npos) {
    return table.error("`" + key + "`: OpenSSH cannot be given " + path.string() +
                       "; take a name without \" \\ % $ and line feeds");
  }
  return path;
}

Result<fs::path> read_key(TomlTable& table, const std::string& key, const fs::path& folder) {
  const std::string name = TRY(table.required_string(
      key, "\"agent.key\", which `ssh-keygen -t ed25519 -N '' -f agent.key` makes"));
  const fs::path path = TRY(read_path(table, key, name, folder));
  if (auto text = read_file(path); !text) {
    return table.error("`" + key + "`: " + text.error().message);
  } else if (!text->contains("PRIVATE KEY-----")) {
    return table.error("`" + key + "`: there is no private key in " + path.string());
  }
  std::error_code error;
  const fs::perms others = fs::perms::group_all | fs::perms::others_all;
  if ((fs::status(path, error).permissions() & others) != fs::perms::none) {
    return table.error("`" + key + "`: others may use " + path.string() + "; run chmod 600 " +
                       path.string());
  }
  return path;
}

Result<fs::path> read_known_hosts(TomlTable& table, const std::string& key,
                                  const fs::path& folder) {
  const std::string advice =
      "; `ssh-keyscan -p PORT HOST` prints the lines for it. Compare their fingerprints "
      "(ssh-keygen -lf FILE) with those that who runs the host tells you";
  const auto name = TRY(table.optional_string(key));
  if (!name) {
    return table.error("`" + key + "` is missing; add, for example: " + key + " = \"known_hosts\"" +
                       advice);
  }
  const fs::path path = TRY(read_path(table, key, *name, folder));
  const auto text = read_file(path);
  if (!text) return table.error("`" + key + "`: " + text.error().message + advice);
  const auto is_entry = [](std::string_view line) {
    return !trim(line).empty() && !trim(line).starts_with('#');
  };
  if (!std::ranges::any_of(split(*text, '\n'), is_entry)) {
    return table.error("`" + key + "`: there is no host's key in " + path.string() + advice);
  }
  return path;
}

/// Parses `ssh://USER@HOST` with or without `:PORT`; an IPv6 address is in brackets.
bool parse_target(std::string_view text, Target& target) {
  constexpr std::string_view scheme = "ssh://";
  const size_t at = text.find('@');
  if (!text.starts_with(scheme) || at == text.npos) return false;
  const std::string_view user = text.substr(scheme.size(), at - scheme.size());
  std::string_view host = text.substr(at + 1);
  const bool has_brackets = host.starts_with('[');
  const size_t host_end = has_brackets ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  if (host_end == 0) return false;
  std::string_view port = host.substr(host_end);
  host = has_brackets ? host.substr(1, host_end - 2) : host.substr(0, host_end);
  const auto is_name = [](std::string_view name, std::string_view marks) {
    return !name.empty() && !name.starts_with('-') &&
           std::ranges::all_of(name, [&](unsigned char c) {
             return (c < 0x80 && std::isalnum(c) != 0) || marks.contains(static_cast<char>(c));
           });
  };
  if (!is_name(user, "-_.") || !is_name(host, has_brackets ? ":." : "-_.")) return false;
  target.text = text;
  target.user = user;
  target.host = host;
  if (port.empty()) return true;
  if (!port.starts_with(':')) return false;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), target.port);
  return error == std::errc{} && end == port.data() + port.size() && target.port != 0;
}

/// Refuses a setting that has no effect here: it shows a mistake about security.
Result<void> check_absent(TomlTable& table, const std::string& key, const std::string& why) {
  if (TRY(table.optional_string(key))) return table.error("`" + key + "` stands there, but " + why);
  return {};
}

}  // namespace

Result<std::optional<SshAccess>> read_git_access(TomlTable& table, const std::string& git,
                                                 const fs::path& folder) {
  if (uses_ssh(git)) {
    const fs::path key = TRY(read_key(table, "ssh_key", folder));
    const fs::path known_hosts = TRY(read_known_hosts(table, "ssh_known_hosts", folder));
    return SshAccess{key, known_hosts};
  }
  const std::string why = "`git` is not reached by SSH: " + git;
  TRY(check_absent(table, "ssh_key", why));
  TRY(check_absent(table, "ssh_known_hosts", why));
  return std::nullopt;
}

Result<std::optional<Target>> read_target(TomlTable& table, const fs::path& folder) {
  const auto text = TRY(table.optional_string("target"));
  if (!text) {
    TRY(check_absent(table, "target_key", "there is no `target`"));
    TRY(check_absent(table, "target_known_hosts", "there is no `target`"));
    return std::nullopt;
  }
  Target target;
  if (!parse_target(*text, target)) {
    return table.error("`target` must be ssh://USER@HOST or ssh://USER@HOST:PORT, and not " +
                       *text);
  }
  target.access.key = TRY(read_key(table, "target_key", folder));
  target.access.known_hosts = TRY(read_known_hosts(table, "target_known_hosts", folder));
  return target;
}

}  // namespace esclusa::agent
