#include "core/feed.h"

#include <algorithm>
#include <iterator>

#include "core/operations/code.h"
#include "core/operations/deployments.h"
#include "core/operations/people.h"

namespace esclusa::core {
namespace {

struct Row {
  std::string_view kind;
  const Operation* operation;
};

// The only list of the events that the feed shows.
const Row table[] = {
    {"deployment", &operations::get_deployment},
    {"deployment_status", &operations::get_deployment},
    {"deployment_review", &operations::get_deployment},
    {"status", &operations::list_commit_statuses},
    {"check_run", &operations::get_check_run},
    {"push", &operations::get_repository},
    {"deploy_key", &operations::get_deploy_key},
};

}  // namespace

const Operation* event_operation(std::string_view kind) {
  const auto* row = std::ranges::find_if(table, [&](const Row& r) { return r.kind == kind; });
  return row == std::end(table) ? nullptr : row->operation;
}

bool may_read_event(const Actor& actor, const Repository& repository, Role granted,
                    std::string_view kind) {
  const Operation* operation = event_operation(kind);
  const AgentGrant* agent = actor.agent();
  const bool is_for_agent =
      agent == nullptr || (agent->repository_id == repository.id &&
                           (kind == "deployment" || kind == "deployment_status"));
  if (!is_for_agent) return false;
  return operation != nullptr && check_access(actor, repository, granted, *operation).has_value();
}

}  // namespace esclusa::core
