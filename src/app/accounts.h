#pragma once
#include <string>

#include "app/context.h"

namespace esclusa::app {

/// The account with the counts of what it owns.
core::Profile profile_of(store::Connection& db, core::Account account);
/// Finds an account by its login or id, with the counts of what it owns. `not_found`.
Result<core::Profile> get_profile(const Context& context, const std::string& login);
Result<core::Profile> get_profile(const Context& context, AccountId id);

}  // namespace esclusa::app
