#pragma once
#include <memory>

#include "store/event_bodies.h"
#include "wire/event_body.h"

namespace esclusa::app {

/// The end of the bodies of a repository's events, rendered and compressed. It follows from the
/// context alone, so it is kept until the context is another one; at most `event_ends_max` are
/// kept. Any thread.
std::shared_ptr<const store::BodyEnd> find_event_end(const wire::EventContext& context);

/// Some 10 KB each.
constexpr size_t event_ends_max = 1024;

}  // namespace esclusa::app
