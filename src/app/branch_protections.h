#pragma once
#include <string>
#include <vector>

#include "app/context.h"
#include "core/branch_protection.h"

/// Which branches are protected: for branch policies, and what clients read of branches.
namespace esclusa::app {

Result<std::vector<core::BranchProtection>> list_branch_protections(const Context& context,
                                                                    const std::string& owner,
                                                                    const std::string& name);
/// Protects the branches whose names match, also those to come; nothing is changed if they are.
Result<void> protect_branches(const Context& context, const core::Principal& principal,
                              const std::string& owner, const std::string& name,
                              const std::string& pattern);
/// Takes one pattern back; `not_found` if there is none.
Result<void> unprotect_branches(const Context& context, const core::Principal& principal,
                                const std::string& owner, const std::string& name,
                                const std::string& pattern);

}  // namespace esclusa::app
