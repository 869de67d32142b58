#pragma once
#include <string>

#include "app/context.h"

namespace esclusa::app {

/// The account, and what it owns.
core::Profile profile_of(store::Connection& db, core::Account account);
/// An account by its login or id, and what it owns; `not_found`.
Result<core::Profile> get_profile(const Context& context, const std::string& login);
Result<core::Profile> get_profile(const Context& context, AccountId id);

}  // namespace esclusa::app
