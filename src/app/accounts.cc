#include "app/accounts.h"

#include "store/accounts.h"
#include "store/repositories.h"

namespace esclusa::app {

core::Profile profile_of(Reader& db, core::Account account) {
  const AccountId id = account.id;
  return {
      std::move(account),
      store::count_repositories(db, id, core::Visibility::is_public),
      store::count_repositories(db, id, core::Visibility::is_private),
  };
}

namespace {

template <class Address>
Result<core::Profile> find_profile(Reader& db, const Address& address) {
  auto account = store::find_account(db, address);
  if (!account) return not_found();
  return profile_of(db, std::move(*account));
}

}  // namespace

Result<core::Profile> get_profile(Reader& db, const std::string& login) {
  return find_profile(db, login);
}

Result<core::Profile> get_profile(Reader& db, AccountId id) { return find_profile(db, id); }

core::Listing<core::Account> search_accounts(Reader& db, const core::NameSearch& search,
                                             const core::Page& page) {
  return store::search_accounts(db, search, page);
}

}  // namespace esclusa::app
