#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "agent/config.h"
#include "agent/intake.h"
#include "agent/work_folder.h"
#include "base/replaceable.h"
#include "http/long_answers.h"
#include "http/message.h"

namespace esclusa::agent {

/// The agent's small HTTP server: `POST /events` for a webhook, `GET /logs/KEY`, `GET /`. An event
/// must be signed with the secret of an entry for its repository. May be called from any thread.
class Listener {
 public:
  /// `accepted` gets each event once, after it is on the disk.
  Listener(const Config& config, WorkFolder& work, std::function<void(DeploymentEvent)> accepted)
      : config_(config), work_(work), intake_(config, work, std::move(accepted)) {}

  /// Other entries and secrets from now on.
  void use(const std::shared_ptr<const Config>& config) {
    config_.set(config);
    intake_.use(config);
  }
  http::Response handle(const http::Request& request) const;
  static http::Response refuse(int status);

 private:
  http::Response take_event(const http::Request& request) const;
  /// The entries whose secret matches the request's signature.
  static std::vector<const Rule*> signers(const Config& config, const http::Request& request);
  http::Response take_deployment(std::string body, const std::vector<const Rule*>& signers) const;
  http::Response show_log(const http::Request& request, std::string_view key) const;

  Replaceable<Config> config_;
  const WorkFolder& work_;
  Intake intake_;
  mutable http::LongAnswers logs_;
};

}  // namespace esclusa::agent
