#pragma once
#include <string_view>
#include <vector>

#include "core/git_intent.h"
#include "core/pushed_ref.h"
#include "sql/connection.h"

namespace esclusa::store {

/// `pushed.id` is ignored.
void insert_pushed_ref(sql::Writer& tx, const core::PushedRef& pushed);
/// False if it is already settled.
bool settle_pushed_ref(sql::Writer& tx, PushedRefId id, core::GitOutcome outcome, Timestamp now);
/// Whether another push made the same change of the same ref after this one was stored.
bool has_other_made(sql::Reader& db, const core::PushedRef& pushed);
/// The open changes of a push, in the order in which they were stored.
std::vector<core::PushedRef> list_open_pushed_refs(sql::Reader& db, std::string_view session);
/// All open changes of all pushes.
std::vector<core::PushedRef> list_open_pushed_refs(sql::Reader& db);

}  // namespace esclusa::store
