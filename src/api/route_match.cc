#include <algorithm>
#include <ranges>

#include "api/routes.h"
#include "base/text.h"

namespace esclusa::api {
namespace {

/// The request's path as decoded segments; nothing if it is malformed.
std::optional<std::vector<std::string>> decode_segments(std::string_view path) {
  std::vector<std::string> segments;
  if (path == "/") return segments;
  if (!path.starts_with('/')) return std::nullopt;
  for (std::string_view raw : split(path.substr(1), '/')) {
    std::string decoded;
    if (raw.empty() || !percent_decode(raw, decoded)) return std::nullopt;
    if (!is_utf8(decoded) || decoded.find('\0') != decoded.npos) return std::nullopt;
    segments.push_back(std::move(decoded));
  }
  return segments;
}

/// Where the path begins below `/esclusa`, if it is there.
size_t begin_of(const std::vector<std::string>& segments) {
  return !segments.empty() && segments[0] == "esclusa" ? 1 : 0;
}

/// Rewrites `/repositories/{id}/…` to `/repos/{owner}/{repo}/…`, also under `/esclusa`; the id is
/// kept apart.
std::optional<RepositoryId> take_repository_id(std::vector<std::string>& segments) {
  const size_t at = begin_of(segments);
  if (segments.size() < at + 2 || segments[at] != "repositories") return std::nullopt;
  auto id = parse_positive(segments[at + 1]);
  if (!id) return std::nullopt;
  segments[at] = "repos";
  segments.insert(segments.begin() + static_cast<std::ptrdiff_t>(at) + 2, "");
  return RepositoryId{*id};
}

/// The same for organizations and teams: `/organizations/{id}/…` to `/orgs/{org}/…`, and there
/// `team/{id}` to `teams/{team_slug}`; `/teams/{id}/…` to `/orgs/{org}/teams/{team_slug}/…`.
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

/// `{ref...}` takes one segment or more, so that a branch's slashes need no encoding.
bool takes_many(std::string_view part) { return part.ends_with("...}"); }

std::string_view parameter_name(std::string_view part) {
  return part.substr(1, part.size() - (takes_many(part) ? 5 : 2));
}

/// At most one part of a pattern takes many segments: as many as the others leave.
bool fits(std::string_view pattern, const std::vector<std::string>& segments,
          std::vector<PathParameter>& parameters) {
  if (pattern == "/") return segments.empty();
  const auto parts = static_cast<size_t>(std::ranges::count(pattern, '/'));
  const bool has_many = pattern.find("...}") != pattern.npos;
  if (has_many ? segments.size() < parts : segments.size() != parts) return false;
  const size_t surplus = segments.size() - parts;
  parameters.clear();
  size_t at = 0;
  for (auto range : std::views::split(pattern.substr(1), '/')) {
    const std::string_view part(range);
    if (!part.starts_with('{')) {
      if (segments[at++] != part) return false;
      continue;
    }
    std::string value = segments[at++];
    for (size_t i = 0; takes_many(part) && i < surplus; ++i) value += "/" + segments[at++];
    parameters.push_back({parameter_name(part), std::move(value)});
  }
  return true;
}

}  // namespace

std::optional<Match> match_route(const http::Request& request, std::span<const Route> table) {
  std::string_view path = request.path();
  Match match{};
  // Enterprise clients ask for the index with a slash at its end, and without.
  if (path == "/api/v3" || path.starts_with("/api/v3/")) {
    match.under_api_v3 = true;
    path.remove_prefix(std::string_view("/api/v3").size());
    if (path.empty()) path = "/";
  }
  auto segments = decode_segments(path);
  if (!segments) return std::nullopt;
  match.repository_id = take_repository_id(*segments);
  take_organization_ids(*segments, match);
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const Route& route : table) {
    if (route.method != method || !fits(route.pattern, *segments, match.path)) continue;
    match.route = &route;
    return match;
  }
  return std::nullopt;
}

}  // namespace esclusa::api
