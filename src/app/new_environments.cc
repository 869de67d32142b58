#include "app/new_environments.h"

#include "store/environments.h"
#include "store/events.h"
#include "store/repositories.h"
#include "wire/json_writer.h"

namespace esclusa::app {

Result<void> choose_new_environments(const Context& context, const core::Principal& principal,
                                     const std::string& owner, const std::string& name,
                                     core::NewEnvironments policy) {
  return context.database.write([&](store::Connection& tx) -> Result<void> {
    const auto repository = store::find_repository(tx, owner, name);
    if (!repository) {
      return fail(ErrorCode::not_found, "There is no repository \"" + owner + "/" + name + "\"",
                  "repository_not_found");
    }
    store::set_new_environments(tx, repository->id, policy);
    wire::JsonWriter detail;
    detail.begin_object().member("environments", core::to_name(policy)).end_object();
    store::insert_audit(
        tx, principal,
        {"repository.environments", repository->id, repository->id.value, detail.take()},
        context.now());
    return {};
  });
}

}  // namespace esclusa::app
