#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "core/actor.h"
#include "core/branch_protection.h"

/// Protected branches, for branch policies and for clients that read branches.
namespace esclusa::app {

Result<std::vector<core::BranchProtection>> list_branch_protections(Reader& db,
                                                                    const std::string& owner,
                                                                    const std::string& name);
/// Protects the branches, present and future, whose names match. Changes nothing if the pattern is
/// already there.
Result<void> protect_branches(const Context& context, const core::Actor& actor,
                              const std::string& owner, const std::string& name,
                              const std::string& pattern);
/// Removes one pattern; `not_found` if it is not there.
Result<void> unprotect_branches(const Context& context, const core::Actor& actor,
                                const std::string& owner, const std::string& name,
                                const std::string& pattern);

}  // namespace esclusa::app
