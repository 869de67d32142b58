#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/enum_names.h"

namespace esclusa::core {

/// What an app can be allowed, by GitHub's names. Those that no operation here needs are known as
/// well, because apps that were made for GitHub name them. Source: GitHub's `app-permissions`.
enum class Permission {
  actions,
  administration,
  checks,
  codespaces,
  contents,
  dependabot_secrets,
  deployments,
  environments,
  issues,
  members,
  metadata,
  organization_administration,
  organization_hooks,
  organization_plan,
  organization_projects,
  organization_secrets,
  organization_user_blocking,
  packages,
  pages,
  pull_requests,
  repository_custom_properties,
  repository_hooks,
  repository_projects,
  secret_scanning_alerts,
  secrets,
  security_events,
  single_file,
  statuses,
  vulnerability_alerts,
  workflows,
};

/// Each level includes those before it.
enum class PermissionLevel { read, write, admin };

/// What an app, an installation or its token may do: levels by permission.
class Permissions {
 public:
  using Levels = std::map<Permission, PermissionLevel>;

  Permissions() = default;
  explicit Permissions(Levels levels) : levels_(std::move(levels)) {}
  /// Parses `deployments=write,metadata=read`; the empty text is no permission. `invalid` names
  /// what is unknown.
  static Result<Permissions> parse(std::string_view text);

  bool has(Permission permission, PermissionLevel level) const;
  /// Whether `others` has nothing that this lacks.
  bool include(const Permissions& others) const;
  /// As `parse` reads it, in the order of the names.
  std::string to_text() const;
  const Levels& levels() const { return levels_; }
  bool operator==(const Permissions&) const = default;

 private:
  Levels levels_;
};

/// The permissions that an operation needs, all of them. None: no installation may do it.
struct NeededPermission {
  Permission permission;
  PermissionLevel level;
};
using NeededPermissions = std::vector<NeededPermission>;

inline NeededPermissions reads(Permission permission) {
  return {{permission, PermissionLevel::read}};
}
inline NeededPermissions writes(Permission permission) {
  return {{permission, PermissionLevel::write}};
}
/// `deployments=write`: the text of `X-Accepted-GitHub-Permissions`.
std::string to_text(const NeededPermissions& needed);

template <>
struct enum_names<PermissionLevel> {
  static constexpr NameTable<PermissionLevel, 3> values{{{PermissionLevel::read, "read"},
                                                         {PermissionLevel::write, "write"},
                                                         {PermissionLevel::admin, "admin"}}};
};

template <>
struct enum_names<Permission> {
  static constexpr NameTable<Permission, 30> values{
      {{Permission::actions, "actions"},
       {Permission::administration, "administration"},
       {Permission::checks, "checks"},
       {Permission::codespaces, "codespaces"},
       {Permission::contents, "contents"},
       {Permission::dependabot_secrets, "dependabot_secrets"},
       {Permission::deployments, "deployments"},
       {Permission::environments, "environments"},
       {Permission::issues, "issues"},
       {Permission::members, "members"},
       {Permission::metadata, "metadata"},
       {Permission::organization_administration, "organization_administration"},
       {Permission::organization_hooks, "organization_hooks"},
       {Permission::organization_plan, "organization_plan"},
       {Permission::organization_projects, "organization_projects"},
       {Permission::organization_secrets, "organization_secrets"},
       {Permission::organization_user_blocking, "organization_user_blocking"},
       {Permission::packages, "packages"},
       {Permission::pages, "pages"},
       {Permission::pull_requests, "pull_requests"},
       {Permission::repository_custom_properties, "repository_custom_properties"},
       {Permission::repository_hooks, "repository_hooks"},
       {Permission::repository_projects, "repository_projects"},
       {Permission::secret_scanning_alerts, "secret_scanning_alerts"},
       {Permission::secrets, "secrets"},
       {Permission::security_events, "security_events"},
       {Permission::single_file, "single_file"},
       {Permission::statuses, "statuses"},
       {Permission::vulnerability_alerts, "vulnerability_alerts"},
       {Permission::workflows, "workflows"}}};
};

}  // namespace esclusa::core
