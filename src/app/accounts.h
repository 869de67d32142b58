#pragma once
#include <string>

#include "app/context.h"

namespace esclusa::app {

/// The account with the counts of what it owns.
core::Profile profile_of(Reader& db, core::Account account);
/// Finds an account by its login or id, with the counts of what it owns. `not_found`.
Result<core::Profile> get_profile(Reader& db, const std::string& login);
Result<core::Profile> get_profile(Reader& db, AccountId id);

}  // namespace esclusa::app
