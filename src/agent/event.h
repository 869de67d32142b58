#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "client/api.h"

namespace esclusa::agent {

/// A `deployment` event. It is only a hint that there may be work: the agent asks the server what
/// to deploy (docs/decisions/0016), because anyone with the webhook's secret may have written the
/// event.
struct DeploymentEvent {
  std::string repository;  ///< `owner/name`
  int64_t id = 0;          ///< the id of the deployment
  // The event's data about the deployment; empty if the event lacks it.
  std::string ref = {};
  std::string sha = {};
  std::string task = {};
  std::string environment = {};  ///< the environment given at the creation
  std::string body = {};         ///< the whole event
  std::string fault = {};        ///< why the event's file could not be read; then `body` is empty
};

/// Parses the body of a `deployment` event. `invalid` if it names no deployment, is not valid JSON,
/// or has an object with a duplicate key. It does not parse the whole deployment, because the
/// payload in it may be nested to any depth.
Result<DeploymentEvent> parse_deployment_event(std::string body);

/// The names of the deployment's members that differ between the event and the server.
std::vector<std::string> differences(const DeploymentEvent& event,
                                     const client::Deployment& deployment);

/// The event's body with the deployment replaced by that of the server.
std::string with_deployment(const DeploymentEvent& event, const client::Deployment& deployment);

/// Whether `header` (`X-Hub-Signature-256`: `sha256=<hex>`) is the signature of `body`.
bool is_signed(const Secret& secret, std::optional<std::string_view> header, std::string_view body);

}  // namespace esclusa::agent
