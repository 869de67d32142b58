#pragma once
#include <string>
#include <string_view>

#include "core/repository.h"

namespace esclusa::app {

/// What a new repository lacks: no fault, but nothing can be deployed from it.
inline constexpr std::string_view has_no_commit = "It has no commit yet.";

/// What is wrong with the repository's folder, as a sentence; empty if nothing is. Waits for the
/// disk.
std::string find_problem(core::Repository repository);

}  // namespace esclusa::app
