#pragma once
#include <string_view>

#include "app/access.h"

namespace esclusa::app {

/// Whether a part of a log was accepted, and the length of the log now, in bytes.
struct LogExtent {
  int64_t size = 0;
  bool taken = true;  ///< false: the part does not continue the log
};

/// Appends to the log the bytes of `text` that it does not have yet; `text` begins at byte
/// `offset`. Bytes that the log already has must be equal; so a part can be sent again. `text` is
/// UTF-8 without NUL, else `invalid`; `too_large` when the log would exceed its limit.
Result<LogExtent> append_log(const Context& context, const RepositoryAccess& access,
                             DeploymentId deployment, int64_t offset, std::string_view text);

/// The bytes that the log has now; `not_found` while there is no log. They never change: a log only
/// grows.
Result<int64_t> log_size(Reader& db, const RepositoryAccess& access, DeploymentId deployment);
/// The bytes from `begin` up to `end`, exclusive, of a log that has so many (`log_size`);
/// `not_found` if it was deleted meanwhile.
Result<std::string> read_log(Reader& db, DeploymentId deployment, int64_t begin, int64_t end);

}  // namespace esclusa::app
