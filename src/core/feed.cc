#include "core/feed.h"

#include <algorithm>
#include <iterator>

namespace esclusa::core {
namespace {

using enum Scope;

struct Row {
  std::string_view kind;
  Role role;
  Scopes scopes;
};

// The only list of what a reader needs for each kind of event.
const Row table[] = {
    {"deployment", Role::read, {repo, repo_deployment, public_repo}},
    {"deployment_status", Role::read, {repo, repo_deployment, public_repo}},
    {"deployment_review", Role::read, {repo, repo_deployment, public_repo}},
    {"status", Role::read, {repo, repo_status, public_repo}},
    {"check_run", Role::read, {repo, public_repo}},
    {"push", Role::read, {repo, public_repo}},
    {"deploy_key", Role::admin, {repo, public_repo}},
};

}  // namespace

Requirement feed_requirement() {
  return {Role::read, {repo, repo_deployment, repo_status, public_repo}};
}

std::optional<Requirement> event_requirement(std::string_view kind) {
  const auto* row = std::ranges::find_if(table, [&](const Row& r) { return r.kind == kind; });
  if (row == std::end(table)) return std::nullopt;
  return Requirement{row->role, row->scopes};
}

bool may_read_event(const Principal& principal, const Repository& repository, Role granted,
                    std::string_view kind) {
  const auto requirement = event_requirement(kind);
  return requirement && check_access(principal, repository, granted, *requirement).has_value();
}

}  // namespace esclusa::core
