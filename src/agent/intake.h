#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/config.h"
#include "agent/event.h"
#include "agent/work_folder.h"
#include "base/replaceable.h"

namespace esclusa::agent {

/// The result of taking in an event.
enum class Taken {
  accepted,    ///< it is in the queue on disk
  known,       ///< it was recorded before
  ignored,     ///< it is not for this agent
  unreadable,  ///< it names no deployment or is no valid JSON, so it will never run
  refused,     ///< its signer may not send events for its repository
  failed,      ///< it cannot be recorded now
};

/// Takes in `deployment` events, from a webhook or from the feed. May be called from any thread.
class Intake {
 public:
  /// `accepted` gets each event once, after it is on the disk.
  Intake(const Config& config, WorkFolder& work, std::function<void(DeploymentEvent)> accepted)
      : config_(config), work_(work), accepted_(std::move(accepted)) {}

  /// Other entries from now on.
  void use(std::shared_ptr<const Config> config) { config_.set(std::move(config)); }

  struct Outcome {
    Taken taken;
    std::string message;
  };
  /// `may_tell` decides whether the sender of the event may send events for that repository, which
  /// has an entry.
  Outcome take(std::string body,
               const std::function<bool(std::string_view repository)>& may_tell) const;

 private:
  Replaceable<Config> config_;
  WorkFolder& work_;
  std::function<void(DeploymentEvent)> accepted_;
};

}  // namespace esclusa::agent
