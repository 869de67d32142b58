#pragma once
#include <vector>

#include "core/git_intent.h"
#include "sql/connection.h"

namespace esclusa::store {

/// `intent.id` is ignored.
GitIntentId insert_git_intent(sql::Writer& tx, const core::GitIntent& intent);
/// False if it is already settled.
bool settle_git_intent(sql::Writer& tx, GitIntentId id, core::GitOutcome outcome, Timestamp now);
/// The open intents that were stored before `before`, oldest first.
std::vector<core::GitIntent> list_open_git_intents(sql::Reader& db, Timestamp before);

}  // namespace esclusa::store
