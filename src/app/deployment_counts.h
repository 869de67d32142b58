#pragma once
#include <functional>

#include "app/context.h"
#include "store/deployment_blocks.h"

namespace esclusa::app {

/// Counts the deployments whose blocks are full (store/deployment_blocks.h), `blocks` at a time,
/// each time in a transaction of its own; calls `on_progress` after each. Whatever is not counted
/// yet is read one by one: lists stay right, and get faster.
Result<void> count_deployments(
    const Context& context, int64_t blocks,
    const std::function<void(const store::BlockProgress&)>& on_progress = {});

/// Counts what an earlier version left uncounted, and says in the log how far it is.
Result<void> count_old_deployments(const Context& context);

}  // namespace esclusa::app
