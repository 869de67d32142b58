#pragma once
#include <string_view>

#include "app/context.h"

namespace esclusa::app {

/// The principal that a token stands for. `unauthenticated`, with GitHub's `Bad credentials`, if
/// it is unknown, expired, revoked, or its account blocked.
Result<core::Principal> authenticate(const Context& context, std::string_view token);

/// A repository by its name or id, and the access to it. `not_found` for what the principal may
/// not see, as if it were absent.
struct RepositoryName {
  std::string owner;
  std::string name;
};
Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         const RepositoryName& name,
                                         const core::Requirement& requirement);
Result<RepositoryAccess> open_repository(const Context& context, const core::Principal& principal,
                                         RepositoryId id, const core::Requirement& requirement);

}  // namespace esclusa::app
