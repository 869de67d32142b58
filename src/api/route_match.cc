#include <algorithm>
#include <ranges>

#include "api/routes.h"
#include "base/text.h"

namespace esclusa::api {
namespace {

struct Path {
  std::vector<std::string> segments;  ///< decoded
  bool ends_with_slash = false;
};

/// `nullopt` if an encoding is malformed.
std::optional<Path> decode_path(std::string_view text) {
  Path path;
  if (text == "/") return path;
  if (!text.starts_with('/')) return std::nullopt;
  text.remove_prefix(1);
  path.ends_with_slash = text.ends_with('/');
  if (path.ends_with_slash) text.remove_suffix(1);
  for (std::string_view raw : split(text, '/')) {
    std::string decoded;
    if (raw.empty() || !percent_decode(raw, decoded)) return std::nullopt;
    if (decoded.find('\0') != decoded.npos) return std::nullopt;
    path.segments.push_back(std::move(decoded));
  }
  return path;
}

/// The index of the first segment after `/esclusa`, or 0.
size_t begin_of(const std::vector<std::string>& segments) {
  return !segments.empty() && segments[0] == "esclusa" ? 1 : 0;
}

/// Rewrites `/repositories/{id}/…` to `/repos/{owner}/{repo}/…`, also under `/esclusa`, and returns
/// the id.
std::optional<RepositoryId> take_repository_id(std::vector<std::string>& segments) {
  const size_t at = begin_of(segments);
  if (segments.size() < at + 2 || segments[at] != "repositories") return std::nullopt;
  auto id = parse_positive(segments[at + 1]);
  if (!id) return std::nullopt;
  segments[at] = "repos";
  segments.insert(segments.begin() + static_cast<std::ptrdiff_t>(at) + 2, "");
  return RepositoryId{*id};
}

/// Does the same for organizations and teams: rewrites `/organizations/{id}/…` to `/orgs/{org}/…`,
/// `team/{id}` below it to `teams/{team_slug}`, and `/teams/{id}/…` to
/// `/orgs/{org}/teams/{team_slug}/…`.
void take_organization_ids(std::vector<std::string>& segments, Match& match) {
  size_t at = begin_of(segments);
  auto id_behind = [&](std::string_view name) {
    const bool is_there = segments.size() >= at + 2 && segments[at] == name;
    return is_there ? parse_positive(segments[at + 1]) : std::nullopt;
  };
  if (auto id = id_behind("organizations")) {
    match.organization_id = AccountId{*id};
    segments[at] = "orgs";
    segments[at + 1] = "";
    at += 2;
    if (auto team = id_behind("team")) match.team_id = TeamId{*team};
  } else if (auto team = id_behind("teams"); team && at == 0) {
    match.team_id = TeamId{*team};
    segments.insert(segments.begin(), {"orgs", ""});
    at = 2;
  }
  if (!match.team_id) return;
  segments[at] = "teams";
  segments[at + 1] = "";
}

/// `{ref...}` takes one or more segments, so that the slashes of a branch need no encoding.
/// `{ref...?}` is a prefix of a name: it may also be empty, end with a slash, or be no UTF-8,
/// because the value goes only to git, whose names are bytes.
bool takes_many(std::string_view part) { return part.contains("..."); }
bool may_end_with_slash(std::string_view part) { return part.ends_with("...?}"); }

std::string_view parameter_name(std::string_view part) {
  part = part.substr(1, part.size() - 2);
  return part.substr(0, part.find("..."));
}

/// The decoded value of a parameter that takes `count` segments.
std::string join_segments(const Path& path, size_t begin, size_t count) {
  std::string value;
  for (size_t i = begin; i < begin + count; ++i) value += (i > begin ? "/" : "") + path.segments[i];
  return value;
}

/// At most one parameter of a pattern takes many segments: all that the other parts leave.
bool fits(std::string_view pattern, const Path& path, std::vector<PathParameter>& parameters) {
  if (pattern == "/") return path.segments.empty() && !path.ends_with_slash;
  if (path.ends_with_slash && !may_end_with_slash(pattern)) return false;
  const auto parts = static_cast<size_t>(std::ranges::count(pattern, '/'));
  const size_t count = path.segments.size();
  // A trailing slash alone may stand for an empty `{ref...?}`.
  const size_t least = path.ends_with_slash ? parts - 1 : parts;
  if (takes_many(pattern) ? count < least : count != parts) return false;
  parameters.clear();
  size_t at = 0;
  for (auto range : std::views::split(pattern.substr(1), '/')) {
    const std::string_view part(range);
    if (!part.starts_with('{')) {
      if (path.segments[at++] != part) return false;
      continue;
    }
    const size_t taken = takes_many(part) ? count + 1 - parts : 1;
    parameters.push_back({parameter_name(part), join_segments(path, at, taken)});
    if (!may_end_with_slash(part) && !is_utf8(parameters.back().value)) return false;
    if (path.ends_with_slash && takes_many(part) && taken > 0) parameters.back().value += '/';
    at += taken;
  }
  return true;
}

}  // namespace

std::optional<Match> match_route(const http::Request& request, std::span<const Route> table) {
  std::string_view path = request.path();
  Match match{};
  // Enterprise clients request the index with and without a trailing slash.
  if (path == "/api/v3" || path.starts_with("/api/v3/")) {
    match.under_api_v3 = true;
    path.remove_prefix(std::string_view("/api/v3").size());
    if (path.empty()) path = "/";
  }
  auto decoded = decode_path(path);
  if (!decoded) return std::nullopt;
  match.repository_id = take_repository_id(decoded->segments);
  take_organization_ids(decoded->segments, match);
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const Route& route : table) {
    if (route.method != method || !fits(route.pattern, *decoded, match.path)) continue;
    match.route = &route;
    return match;
  }
  return std::nullopt;
}

}  // namespace esclusa::api
