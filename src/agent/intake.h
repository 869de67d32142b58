#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "agent/config.h"
#include "agent/event.h"
#include "agent/work_folder.h"

namespace esclusa::agent {

/// What became of an event that somebody brought.
enum class Taken {
  accepted,    ///< it is in the queue on disk
  known,       ///< it was before
  ignored,     ///< it is not for this agent
  unreadable,  ///< it names no deployment or is no valid JSON, so it will never run
  refused,     ///< who brought it may not speak about its repository
  failed,      ///< it cannot be written down now
};

/// Takes `deployment` events in, by whatever way they come. Any thread.
class Intake {
 public:
  /// `accepted` gets each event once, when it is on disk.
  Intake(const Config& config, WorkFolder& work, std::function<void(DeploymentEvent)> accepted)
      : config_(config), work_(work), accepted_(std::move(accepted)) {}

  struct Outcome {
    Taken taken;
    std::string message;
  };
  /// `may_tell` is asked whether who brought the event may speak about that repository, for which
  /// there is an entry.
  Outcome take(std::string body,
               const std::function<bool(std::string_view repository)>& may_tell) const;

 private:
  const Config& config_;
  WorkFolder& work_;
  std::function<void(DeploymentEvent)> accepted_;
};

}  // namespace esclusa::agent
