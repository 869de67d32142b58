#include <algorithm>
#include <ranges>

#include "api/routes.h"
#include "base/text.h"

namespace esclusa::api {

/// The path of a request, decoded.
struct RouteIndex::Path {
  std::vector<std::string> segments;
  bool ends_with_slash = false;
};

namespace {

using Path = RouteIndex::Path;

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

}  // namespace

RouteIndex::RouteIndex(std::span<const Route> table) {
  for (const Route& route : table) {
    // `{ref...}` takes one or more segments, so that the slashes of a branch need no encoding.
    // `{ref...?}` is a prefix of a name: it may also be empty, end with a slash, or be no UTF-8,
    // because the value goes only to git, whose names are bytes.
    Pattern pattern{.route = &route,
                    .parts = {},
                    .takes_many = route.pattern.contains("..."),
                    .may_end_with_slash = route.pattern.ends_with("...?}")};
    if (route.pattern != "/") {
      for (const auto part : std::views::split(route.pattern.substr(1), '/')) {
        pattern.parts.emplace_back(part);
      }
    }
    patterns_.push_back(std::move(pattern));
  }
}

/// At most one part of a pattern takes many segments: all that the other parts leave.
bool RouteIndex::fits(const Pattern& pattern, const Path& path,
                      std::vector<PathParameter>& parameters) {
  if (path.ends_with_slash && !pattern.may_end_with_slash) return false;
  const size_t parts = pattern.parts.size(), count = path.segments.size();
  // A trailing slash alone may stand for an empty `{ref...?}`.
  const size_t least = path.ends_with_slash ? parts - 1 : parts;
  if (pattern.takes_many ? count < least : count != parts) return false;
  const auto takes_many = [](std::string_view part) { return part.contains("..."); };
  const auto taken_by = [&](std::string_view part) {
    return pattern.takes_many && takes_many(part) ? count + 1 - parts : 1;
  };
  // The fixed parts first: they exclude almost all patterns, and cost nothing.
  size_t at = 0;
  for (const std::string_view part : pattern.parts) {
    if (!part.starts_with('{') && path.segments[at] != part) return false;
    at += taken_by(part);
  }
  parameters.clear();
  at = 0;
  for (const std::string_view part : pattern.parts) {
    const size_t taken = taken_by(part);
    if (part.starts_with('{')) {
      parameters.push_back({parameter_name(part), join_segments(path, at, taken)});
      if (!part.ends_with("...?}") && !is_utf8(parameters.back().value)) return false;
      if (path.ends_with_slash && takes_many(part) && taken > 0) parameters.back().value += '/';
    }
    at += taken;
  }
  return true;
}

std::optional<Match> RouteIndex::match(const http::Request& request) const {
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
  for (const Pattern& pattern : patterns_) {
    if (pattern.route->method != method || !fits(pattern, *decoded, match.path)) continue;
    match.route = pattern.route;
    return match;
  }
  return std::nullopt;
}

std::optional<Match> match_route(const http::Request& request) {
  static const RouteIndex index(routes());
  return index.match(request);
}

}  // namespace esclusa::api
