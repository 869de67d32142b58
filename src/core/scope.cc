#include "core/scope.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::core {
namespace {

struct Row {
  Scope scope;
  std::string_view name;
  std::initializer_list<Scope> implies;  ///< directly; `closure_` adds the rest
};

using enum Scope;
const Row table[] = {
    {repo,
     "repo",
     {repo_status, repo_deployment, public_repo, repo_invite, security_events, admin_repo_hook}},
    {repo_status, "repo:status", {}},
    {repo_deployment, "repo_deployment", {}},
    {public_repo, "public_repo", {}},
    {repo_invite, "repo:invite", {}},
    {security_events, "security_events", {}},
    {workflow, "workflow", {}},
    {admin_org, "admin:org", {write_org}},
    {write_org, "write:org", {read_org}},
    {read_org, "read:org", {}},
    {admin_repo_hook, "admin:repo_hook", {write_repo_hook}},
    {write_repo_hook, "write:repo_hook", {read_repo_hook}},
    {read_repo_hook, "read:repo_hook", {}},
    {admin_org_hook, "admin:org_hook", {}},
    {admin_public_key, "admin:public_key", {}},
    {user, "user", {read_user, user_email}},
    {read_user, "read:user", {}},
    {user_email, "user:email", {}},
    {delete_repo, "delete_repo", {}},
};

const Row& row_of(Scope scope) {
  return *std::ranges::find_if(table, [&](const Row& row) { return row.scope == scope; });
}

}  // namespace

Scopes::Scopes(std::initializer_list<Scope> scopes) {
  for (Scope scope : scopes) {
    named_ |= bit(scope);
    add(scope);
  }
}

void Scopes::add(Scope scope) {
  if (has(scope)) return;
  closure_ |= bit(scope);
  for (Scope implied : row_of(scope).implies) add(implied);
}

Result<Scopes> Scopes::parse(std::string_view text) {
  Scopes scopes;
  std::string separated(text);
  std::ranges::replace(separated, ' ', ',');
  for (std::string_view name : split(separated, ',')) {
    if (name.empty()) continue;
    auto row = std::ranges::find_if(table, [&](const Row& r) { return r.name == name; });
    if (row == std::end(table)) {
      return fail(ErrorCode::invalid, "Unknown scope: " + std::string(name), "unknown_scope");
    }
    scopes.named_ |= bit(row->scope);
    scopes.add(row->scope);
  }
  return scopes;
}

std::string Scopes::to_text() const {
  uint64_t implied = 0;
  for (const Row& row : table) {
    if ((named_ & bit(row.scope)) == 0) continue;
    for (Scope direct : row.implies) implied |= Scopes{direct}.closure_;
  }
  std::vector<std::string> names;
  for (const Row& row : table) {
    if ((named_ & ~implied & bit(row.scope)) != 0) names.emplace_back(row.name);
  }
  std::ranges::sort(names);
  return join(names, ", ");
}

}  // namespace esclusa::core
