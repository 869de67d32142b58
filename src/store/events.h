#pragma once
#include <string_view>

#include "core/actor.h"
#include "core/event.h"
#include "sql/connection.h"
#include "store/event_bodies.h"

namespace esclusa::store {

/// Inserts the event, its frozen body, and one pending delivery for each active hook of the
/// repository, of its organization, or of an app that is installed there, that wants the event;
/// `delivery_count`, if it is not null, gets their number. Sets the values of `event.id` and
/// `event.event_no`. `end` is the end of the body, if it is compressed already.
EventId insert_event(sql::Writer& tx, const core::Event& event, std::string_view body,
                     const core::Actor& actor, size_t* delivery_count = nullptr,
                     const BodyEnd* end = nullptr);

/// The body of the repository's latest `push` event; nullopt if there was none.
std::optional<std::string> latest_push(sql::Reader& db, RepositoryId repository);

}  // namespace esclusa::store
