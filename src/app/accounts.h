#pragma once
#include <string>

#include "app/context.h"
#include "core/name_search.h"
#include "core/page.h"

namespace esclusa::app {

/// The account with the counts of what it owns.
core::Profile profile_of(Reader& db, core::Account account);
/// Finds an account by its login or id, with the counts of what it owns. `not_found`.
Result<core::Profile> get_profile(Reader& db, const std::string& login);
Result<core::Profile> get_profile(Reader& db, AccountId id);

/// The accounts whose logins contain all words of the search, by login.
core::Listing<core::Account> search_accounts(Reader& db, const core::NameSearch& search,
                                             const core::Page& page);

}  // namespace esclusa::app
