#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/rate_limit.h"
#include "app/context.h"
#include "core/network_address.h"
#include "http/message.h"
#include "wire/api_version.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::api {

/// What the API is told once, at the start.
struct Settings {
  std::string external_url;  ///< the server's own address, without a slash at the end
  /// Whether `external_url` was configured; otherwise a request's own Host decides.
  bool external_url_is_fixed = false;
  core::DestinationPolicy hook_destinations;
  RateLimits rate_limits = {};
  std::string version = {};           ///< the program's own
  bool ssh_repository_hooks = false;  ///< whether pushes run the hooks of a repository's owner
  std::string ssh_address = {};       ///< wire::Urls::ssh
};

/// A matched path parameter, decoded.
struct PathParameter {
  std::string_view name;
  std::string value;
};

class EventStreams;
class LongAnswers;
class SshSessions;

/// One request on its way through a handler: authenticated, matched, access judged.
struct Call {
  const http::Request& request;
  const app::Context& context;
  const Settings& settings;
  core::Principal principal;
  std::vector<PathParameter> path;
  wire::Urls urls;
  http::Query query;
  std::optional<app::RepositoryAccess> repository_access;  ///< on repository routes
  wire::ApiVersion version = {};
  std::optional<Quota> rate_limit = {};   ///< what is left; nothing while limits are off
  EventStreams* event_streams = nullptr;  ///< the server's
  std::optional<app::OrganizationAccess> organization_access = {};  ///< on organization routes
  SshSessions* ssh_sessions = nullptr;                              ///< the server's
  LongAnswers* long_answers = nullptr;                              ///< the server's
  std::optional<AccountId> organization_id = {};  ///< where the path has it for `{org}`
  std::optional<TeamId> team_id = {};             ///< where the path has it for `{team_slug}`

  const app::RepositoryAccess& access() const { return repository_access.value(); }
  const core::Repository& repository() const { return access().repository; }
  const app::OrganizationAccess& organization() const { return organization_access.value(); }
  const std::string& parameter(std::string_view name) const;
  /// A numeric id of the path; `not_found` if it is none.
  template <class AnyId>
  Result<AnyId> id(std::string_view name) const {
    auto value = parse_positive(parameter(name));
    if (!value) return app::not_found();
    return AnyId{*value};
  }
  /// A query parameter; empty if it is absent.
  std::string query_value(std::string_view name) const;
  /// The `leading_number` of a query parameter.
  std::optional<int64_t> query_number(std::string_view name) const;
};

/// How GitHub reads each number of a query: the decimal digits that the text begins with. Whatever
/// follows them is ignored: some clients append a second query (`page=3?per_page=3`). A number that
/// is too large is the largest one. Nothing if the text does not begin with a digit.
std::optional<int64_t> leading_number(std::string_view text);

/// An answer with a JSON body.
http::Response json_response(int status, wire::JsonWriter json);
http::Response no_content();

using Handler = Result<http::Response> (*)(const Call&);

}  // namespace esclusa::api
