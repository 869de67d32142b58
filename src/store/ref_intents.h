#pragma once
#include <string_view>
#include <vector>

#include "core/ref_intent.h"
#include "sql/connection.h"

namespace esclusa::store {

/// `intent.id` is ignored.
RefIntentId insert_ref_intent(sql::Writer& tx, const core::RefIntent& intent);
/// False if it is already settled.
bool settle_ref_intent(sql::Writer& tx, RefIntentId id, core::RefOutcome outcome, Timestamp now);
/// Whether another intent made the same change of the same ref after this one was stored.
bool has_other_made(sql::Reader& db, const core::RefIntent& intent);
/// The open intents of a push, in the order in which they were stored.
std::vector<core::RefIntent> list_open_ref_intents(sql::Reader& db, std::string_view session);
/// All open intents, in that order.
std::vector<core::RefIntent> list_open_ref_intents(sql::Reader& db);

}  // namespace esclusa::store
