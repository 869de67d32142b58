#pragma once
#include <string_view>

#include "app/context.h"

namespace esclusa::app {

/// Whether a part of a log was taken, and how long the log is now, in bytes.
struct LogExtent {
  int64_t size = 0;
  bool taken = true;  ///< false: the part does not continue what is there
};

/// Adds to the log of a deployment what it does not have yet of `text`, which begins at `offset`.
/// What is there already must be the same; so a part may be sent again. `text` is UTF-8 without
/// NUL, else `invalid`; `too_large` when the log would exceed its limit.
Result<LogExtent> append_log(const Context& context, const RepositoryAccess& access,
                             DeploymentId deployment, int64_t offset, std::string_view text);

struct LogPart {
  int64_t size = 0;  ///< of the whole log
  std::string text;
};
/// The log from `begin` to before `end`; `not_found` while there is none.
Result<LogPart> read_log(const Context& context, const RepositoryAccess& access,
                         DeploymentId deployment, int64_t begin, int64_t end);

}  // namespace esclusa::app
