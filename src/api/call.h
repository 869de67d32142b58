#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/rate_limit.h"
#include "app/access.h"
#include "base/json_writer.h"
#include "base/trace.h"
#include "core/network_address.h"
#include "http/message.h"
#include "wire/api_version.h"
#include "wire/urls.h"

namespace esclusa::http {
class LongAnswers;
}
namespace esclusa::app {
class Retention;
}

namespace esclusa::backup {
class Service;
}

namespace esclusa::api {

class EventStreams;
class Examiner;
class SshSessions;

/// The configuration of the API, fixed at the start.
struct Settings {
  std::string external_url;  ///< the server's own address, without a trailing slash
  /// True if `external_url` was configured; otherwise links use the `Host` of each request.
  bool external_url_is_fixed = false;
  core::DestinationPolicy hook_destinations;
  RateLimits rate_limits = {};
  std::string version = {};           ///< the program's version
  bool ssh_repository_hooks = false;  ///< whether a push runs the repository owner's hooks
  /// Called with the trace of each request, by the thread that answered it; empty: nobody asks.
  std::function<void(const http::Request&, const Trace&)> on_trace = {};
  std::string ssh_address = {};  ///< wire::Urls::ssh
  Examiner* examiner = nullptr;  ///< for `esclusa doctor`; null: nothing beside rows is examined
  backup::Service* backups = nullptr;   ///< null where the data cannot be backed up
  app::Retention* retention = nullptr;  ///< what prunes the database; null: nothing does
};

/// A matched path parameter, decoded.
struct PathParameter {
  std::string_view name;
  std::string value;
};

/// One request on its way to a handler: authenticated, matched to a route, admitted.
struct Call {
  const http::Request& request;
  const app::Context& context;
  const Settings& settings;
  core::Actor actor;
  std::vector<PathParameter> path = {};
  wire::Urls urls;
  http::Query query;
  std::optional<app::RepositoryAccess> repository_access = {};      ///< set for operations there
  std::optional<app::OrganizationAccess> organization_access = {};  ///< set for operations there
  wire::ApiVersion version = {};
  std::optional<core::Quota> rate_limit = {};      ///< what is left; none while limits are off
  std::optional<RepositoryId> repository_id = {};  ///< set if the path names the repository by id
  std::optional<AccountId> organization_id = {};   ///< set if the path names `{org}` by id
  std::optional<TeamId> team_id = {};              ///< set if the path names `{team_slug}` by id
  EventStreams* event_streams = nullptr;           ///< owned by the server, as the next three
  SshSessions* ssh_sessions = nullptr;
  http::LongAnswers* long_lists = nullptr;
  http::LongAnswers* archives = nullptr;

  const app::RepositoryAccess& access() const { return repository_access.value(); }
  const core::Repository& repository() const { return access().repository; }
  const app::OrganizationAccess& organization() const { return organization_access.value(); }
  const std::string& parameter(std::string_view name) const;
  /// A numeric id from the path; `not_found` if it is not a positive number.
  template <class AnyId>
  Result<AnyId> id(std::string_view name) const {
    auto value = parse_positive(parameter(name));
    if (!value) return app::not_found();
    return AnyId{*value};
  }
  /// A query parameter; empty if absent.
  std::string query_value(std::string_view name) const;
  /// The `leading_number` of a query parameter.
  std::optional<int64_t> query_number(std::string_view name) const;
};

/// The client with whom others share streams and long answers: the account, of agents the token, or
/// without one the network.
std::string client_of(const Call& call);

/// Reads a number of a query as GitHub does: the leading decimal digits count, and the rest is
/// ignored, because some clients append a second query (`page=3?per_page=3`). A number that is too
/// large becomes the largest one. `nullopt` if the text does not begin with a digit.
std::optional<int64_t> leading_number(std::string_view text);

/// An answer with a JSON body.
http::Response json_response(int status, JsonWriter json);
http::Response no_content();
/// `[]`, for a list of what Esclusa does not have.
http::Response empty_list();
/// `{}`.
http::Response empty_object(int status);

using Handler = Result<http::Response> (*)(const Call&);

}  // namespace esclusa::api
