#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "api/serve.h"
#include "base/crypto.h"
#include "base/replaceable.h"
#include "bin/metrics.h"
#include "bin/settings.h"
#include "http/server.h"

/// Where `/metrics` is answered: docs/monitoring.md.
namespace esclusa {

/// The token of `/metrics` at the main address, also from its file; nothing if none is set.
/// `invalid` if the file cannot be read, or has no token of at least 16 characters.
Result<std::optional<Secret>> read_metrics_token(const ServerSettings& settings);

/// `/metrics` at the node's own listeners: at the administrator's socket, and at the main address
/// for who has the token. Without a token it does not exist there.
class MetricsDoor {
 public:
  MetricsDoor(Metrics& metrics, api::Api& api, std::optional<Secret> token)
      : metrics_(metrics), api_(api), token_(shared(std::move(token))) {}

  /// Another token from now on, or none. Any thread.
  void use(std::optional<Secret> token) { token_.set(shared(std::move(token))); }

  /// Nothing if the request is for something else.
  std::optional<http::Plan> plan(const http::Request& request);

 private:
  static std::shared_ptr<const Secret> shared(std::optional<Secret> token) {
    return token ? std::make_shared<const Secret>(*std::move(token)) : nullptr;
  }
  std::optional<http::Response> refuse(const http::Request& request, const Secret& token);

  Metrics& metrics_;
  api::Api& api_;
  Replaceable<Secret> token_;  ///< null: none
};

/// `/metrics` at an address of its own, which answers nothing else, by a server of its own: also
/// while the node's threads are busy.
class MetricsListener {
 public:
  explicit MetricsListener(Metrics& metrics);
  ~MetricsListener();

  /// Listens and serves. Gives the address; `unavailable` if it cannot be had. Once.
  Result<std::string> start(const std::string& host, uint16_t port);

 private:
  http::Server server_;
  std::thread thread_;
};

}  // namespace esclusa
