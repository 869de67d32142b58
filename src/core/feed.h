#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/principal.h"

namespace esclusa::core {

/// An event as the feed shows it.
struct FeedEvent {
  Event event;
  std::string repository;  ///< `owner/name`, the present one
  std::string body;        ///< the stored JSON
};

/// What a client needs for the feed of a repository: whatever is enough for one kind of event.
Requirement feed_requirement();

/// What a client needs to read events of that kind: the same as in the API for the same data.
/// Nothing for an unknown kind, which the feed shows to nobody.
std::optional<Requirement> event_requirement(std::string_view kind);

/// Whether the principal may read events of that kind in the repository. `granted` is its role
/// there.
bool may_read_event(const Principal& principal, const Repository& repository, Role granted,
                    std::string_view kind);

}  // namespace esclusa::core
