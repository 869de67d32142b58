#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/access.h"
#include "core/deployment_kind.h"
#include "core/event.h"

namespace esclusa::core {

/// An event as the feed shows it.
struct FeedEvent {
  Event event;
  std::string repository;           ///< `owner/name`, the present one
  std::optional<std::string> body;  ///< the stored JSON; nothing if it was pruned
  /// What the deployment repeats that it is about; nothing also if that was deleted.
  std::optional<Repeats> repeats = {};
};

/// The operation that reads what an event of that kind tells: whoever may do it may read the event.
/// Null for an unknown kind, which the feed shows to nobody.
const Operation* event_operation(std::string_view kind);

/// Whether the actor may read events of that kind in the repository. `granted` is its role there.
/// Of an agent: if they are about a deployment of its environments, which app/ judges.
bool may_read_event(const Actor& actor, const Repository& repository, Role granted,
                    std::string_view kind);

}  // namespace esclusa::core
