#pragma once
#include <span>
#include <string>

#include "base/error.h"
#include "core/repository.h"

namespace esclusa::git {

/// Removes the refs that keep these commits alive (`core::keep_ref_name`); what is not there is no
/// error. If another process holds a lock, some of them may stay: `unavailable`.
Result<void> unkeep(const core::Repository& repository, std::span<const std::string> shas);

}  // namespace esclusa::git
