#include "app/accounts.h"

#include "store/accounts.h"
#include "store/repositories.h"

namespace esclusa::app {

Result<core::Profile> get_profile(const Context& context, const std::string& login) {
  return context.database.read([&](store::Connection& db) -> Result<core::Profile> {
    auto account = store::find_account(db, login);
    if (!account) return not_found();
    const AccountId id = account->id;
    return core::Profile{
        std::move(*account),
        store::count_repositories(db, id, core::Visibility::is_public),
        store::count_repositories(db, id, core::Visibility::is_private),
    };
  });
}

}  // namespace esclusa::app
