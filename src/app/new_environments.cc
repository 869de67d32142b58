#include "app/new_environments.h"

#include "app/change.h"
#include "store/environments.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {

Result<void> choose_new_environments(const Context& context, const core::Actor& actor,
                                     const std::string& owner, const std::string& name,
                                     core::NewEnvironments policy) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    const auto repository = store::find_repository(change.rows, owner, name);
    if (!repository) {
      return fail(ErrorCode::not_found, "There is no repository \"" + owner + "/" + name + "\"",
                  "repository_not_found");
    }
    store::set_new_environments(change.rows, repository->id, policy);
    change.audit({"repository.environments", repository->id, repository->id.value,
                  wire::audit_detail({{"environments", core::to_name(policy)}})});
    return {};
  });
}

}  // namespace esclusa::app
