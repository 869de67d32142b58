#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/error.h"

namespace esclusa::agent {

/// What the agent uses of a `deployment` event. All of it is somebody else's text: it is compared,
/// or handed on as data, and never becomes a path, an option or part of a command.
struct DeploymentEvent {
  std::string repository;  ///< `owner/name`
  int64_t id = 0;          ///< the deployment's
  std::string ref;
  std::string sha;  ///< 40 lower-case hex digits
  std::string task;
  std::string environment;
  std::string payload;  ///< JSON text, as it was sent
  std::string body;     ///< the whole event
};

/// Reads the body of a `deployment` event. `invalid` if something is missing, or could not be
/// handed on (control characters, an overlong name, a sha that is none).
Result<DeploymentEvent> parse_deployment_event(std::string body);

/// Whether `header` (`X-Hub-Signature-256`: `sha256=<hex>`) is the signature of `body`.
bool is_signed(const Secret& secret, std::optional<std::string_view> header, std::string_view body);

}  // namespace esclusa::agent
