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
  std::string repository;  ///< `owner/name`, as it is now
  std::string body;        ///< the frozen JSON
};

/// What opens the feed of a repository: whatever opens one kind of event.
Requirement feed_requirement();

/// What the API that shows the same thing asks of whoever reads it; nothing for a kind that the
/// feed does not know, and so shows to nobody.
std::optional<Requirement> event_requirement(std::string_view kind);

/// Whether the principal may read events of that kind there. `granted` is its role in the
/// repository.
bool may_read_event(const Principal& principal, const Repository& repository, Role granted,
                    std::string_view kind);

}  // namespace esclusa::core
