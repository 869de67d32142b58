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

/// A `deployment` event. It only says that there may be something to do: the agent asks the server
/// what to deploy (docs/decisions/0016). Whoever has the secret of a webhook may have written it.
struct DeploymentEvent {
  std::string repository;  ///< `owner/name`
  int64_t id = 0;          ///< the deployment's
  // What the event says of the deployment; empty where it says nothing.
  std::string ref = {};
  std::string sha = {};
  std::string task = {};
  std::string environment = {};  ///< the original one
  std::string body = {};         ///< the whole event
  std::string fault = {};        ///< why its file could not be read; then `body` is empty
};

/// Reads the body of a `deployment` event. `invalid` if it does not name a deployment, is no valid
/// JSON, or has an object with a key twice. It does not parse the deployment as a whole, since the
/// payload in it may have any depth.
Result<DeploymentEvent> parse_deployment_event(std::string body);

/// The members of the deployment that are different in the event and at the server.
std::vector<std::string> differences(const DeploymentEvent& event,
                                     const client::Deployment& deployment);

/// The event's body with the server's deployment in it.
std::string with_deployment(const DeploymentEvent& event, const client::Deployment& deployment);

/// Whether `header` (`X-Hub-Signature-256`: `sha256=<hex>`) is the signature of `body`.
bool is_signed(const Secret& secret, std::optional<std::string_view> header, std::string_view body);

}  // namespace esclusa::agent
