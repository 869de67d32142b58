#include "agent/submodules.h"

#include <algorithm>
#include <array>
#include <optional>

#include "agent/ssh.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

/// The parts of a URL or path that git fetches from.
struct Location {
  enum class Kind { path, web, ssh_url, scp };
  Kind kind = Kind::path;
  std::string prefix;  ///< all before the path: `ssh://git@host:22/`, `git@host:`, `/`
  std::string host;    ///< lower case, without user and port; empty for a path
  std::string path;
  /// True if the path starts at the root of the host: `git@host:/srv/lib` and
  /// `ssh://git@host/srv/lib`, but not `git@host:lib` and `ssh://git@host/~/lib`.
  bool is_from_root = false;
};

/// The end of the host in `user@host:path`; the host may be `[::1]`.
size_t scp_host_end(std::string_view git) {
  const size_t colon = git.find(':');
  const size_t bracket = git.starts_with('[') ? 0 : git.find("@[");
  return bracket < colon ? git.find(':', git.find(']', bracket)) : colon;
}

/// `nullopt` for anything but a path, http(s) or ssh.
std::optional<Location> parse_location(std::string_view git) {
  using enum Location::Kind;
  if (git.starts_with('/')) return Location{path, "/", "", std::string(git.substr(1)), true};
  const size_t scheme_end = git.find("://");
  const bool has_scheme = scheme_end != git.npos;
  const std::string scheme = ascii_lower(git.substr(0, has_scheme ? scheme_end : 0));
  const bool is_web = scheme == "http" || scheme == "https";
  if (!uses_ssh(git) && !is_web) return std::nullopt;
  const size_t begin = has_scheme ? scheme_end + 3 : 0;
  const size_t end = has_scheme ? git.find('/', begin) : scp_host_end(git);
  if (end == git.npos) return std::nullopt;
  std::string_view host = git.substr(begin, end - begin);
  host = host.substr(host.rfind('@') + 1);
  if (has_scheme && !host.ends_with(']')) host = host.substr(0, host.rfind(':'));
  Location place{is_web ? web : (has_scheme ? ssh_url : scp), std::string(git.substr(0, end + 1)),
                 ascii_lower(host), std::string(git.substr(end + 1))};
  place.is_from_root =
      place.kind == scp ? place.path.starts_with('/') : !place.path.starts_with('~');
  return place;
}

/// Whether a server may read another path from this URL than `joined` does.
bool may_hide_words(std::string_view url) {
  const std::string folded = ascii_lower(url);
  constexpr std::array<std::string_view, 6> signs = {"?", "#", "\\", "%2e", "%2f", "%5c"};
  return std::ranges::any_of(signs, [&](std::string_view sign) { return folded.contains(sign); });
}

/// The path of `place`, reached in the way in which the entry reaches its host.
std::string at_entry(const Location& entry, const Location& place) {
  using enum Location::Kind;
  // The path of a web URL does not say whether it starts at the root.
  const bool is_from_root = place.kind == web ? entry.is_from_root : place.is_from_root;
  return entry.prefix + (entry.kind == scp && is_from_root ? "/" : "") + place.path;
}

/// Appends a relative path to a path; `nullopt` if the result leaves the root.
std::optional<std::string> joined(std::string_view path, std::string_view words) {
  std::vector<std::string> parts;
  for (const auto text : {path, words}) {
    for (const auto part : split(text, '/')) {
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.emplace_back(part);
      } else if (parts.empty()) {
        return std::nullopt;
      } else {
        parts.pop_back();
      }
    }
  }
  if (parts.empty()) return std::nullopt;
  return join(parts, "/");
}

bool is_below_folder_of(std::string_view path, std::string_view git) {
  return path.starts_with(git.substr(0, git.rfind('/') + 1));
}

}  // namespace

std::vector<Gitlink> read_gitlinks(std::string_view listing) {
  constexpr std::string_view mode = "160000 ";
  std::vector<Gitlink> found;
  for (const std::string_view entry : split(listing, '\0')) {
    const size_t tab = entry.find('\t');
    if (!entry.starts_with(mode) || tab == entry.npos) continue;
    const std::string_view sha =
        entry.substr(mode.size(), entry.find(' ', mode.size()) - mode.size());
    found.push_back({std::string(entry.substr(tab + 1)), std::string(sha)});
  }
  return found;
}

std::string find_url(std::string_view settings, std::string_view path) {
  std::string name;  // `submodule.NAME.`
  for (const bool is_second : {false, true}) {
    for (const std::string_view setting : split(settings, '\0')) {
      const std::string_view key = setting.substr(0, setting.find('\n'));
      const std::string_view value = setting.substr(std::min(key.size() + 1, setting.size()));
      if (is_second && !name.empty() && key == name + "url") return std::string(value);
      if (!is_second && key.ends_with(".path") && value == path) {
        name = key.substr(0, key.size() - std::string_view("path").size());
      }
    }
  }
  return {};
}

Result<SubmoduleSource> find_source(const Rule& rule, std::string_view base, std::string_view url) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::invalid, "The submodule " + printable(url) + " is not fetched: " + why);
  };
  if (url.empty() || has_control_characters(url)) return refuse("that is no URL");
  const auto entry = parse_location(rule.git);
  const bool is_relative = url.starts_with("./") || url.starts_with("../");
  auto place = parse_location(is_relative ? base : url);
  if (!place || !entry) return refuse("it is neither http, https, ssh nor a path");
  const bool is_web = place->kind == Location::Kind::web || entry->kind == Location::Kind::web;
  if (is_web && may_hide_words(url)) {
    return refuse("it has `?`, `#`, `\\`, or a dot or a slash that is percent-encoded");
  }
  const auto path = joined(place->path, is_relative ? url : "");
  if (!path) return refuse("it leads out of its host");
  place->path = *path;
  if (place->host.empty()) {
    const std::string git = place->prefix + place->path;
    if (entry->host.empty() && is_below_folder_of(git, rule.git)) return SubmoduleSource{git, true};
    return refuse("it is outside the folder that `git` is in");
  }
  if (place->host == entry->host) return SubmoduleSource{at_entry(*entry, *place), true};
  const std::string git = place->prefix + place->path;
  const bool is_allowed = std::ranges::any_of(
      rule.submodule_urls, [&](const std::string& allowed) { return git.starts_with(allowed); });
  if (is_allowed) return SubmoduleSource{git, false};
  return refuse(
      "it is on another host than `git`, and no URL in `submodule_urls` is a beginning of it");
}

}  // namespace esclusa::agent
