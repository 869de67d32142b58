#include "app/accounts.h"

#include "store/accounts.h"
#include "store/repositories.h"

namespace esclusa::app {

core::Profile profile_of(store::Connection& db, core::Account account) {
  const AccountId id = account.id;
  return {
      std::move(account),
      store::count_repositories(db, id, core::Visibility::is_public),
      store::count_repositories(db, id, core::Visibility::is_private),
  };
}

namespace {

template <class Address>
Result<core::Profile> find_profile(const Context& context, const Address& address) {
  return context.database.read([&](store::Connection& db) -> Result<core::Profile> {
    auto account = store::find_account(db, address);
    if (!account) return not_found();
    return profile_of(db, std::move(*account));
  });
}

}  // namespace

Result<core::Profile> get_profile(const Context& context, const std::string& login) {
  return find_profile(context, login);
}

Result<core::Profile> get_profile(const Context& context, AccountId id) {
  return find_profile(context, id);
}

}  // namespace esclusa::app
