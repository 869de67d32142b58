#pragma once
#include "core/operation.h"
#include "core/operations/scopes.h"

/// Webhooks of repositories, organizations and apps.
namespace esclusa::core::operations {

inline const Operation list_hooks{"list_hooks", Audience::repository, Role::admin, hook_read_scopes,
                                  reads(Permission::repository_hooks)};
inline const Operation create_hook{"create_hook", Audience::repository, Role::admin,
                                   hook_write_scopes, writes(Permission::repository_hooks)};
inline const Operation get_hook{"get_hook", Audience::repository, Role::admin, hook_read_scopes,
                                reads(Permission::repository_hooks)};
inline const Operation update_hook{"update_hook", Audience::repository, Role::admin,
                                   hook_write_scopes, writes(Permission::repository_hooks)};
inline const Operation delete_hook{"delete_hook", Audience::repository, Role::admin,
                                   hook_admin_scopes, writes(Permission::repository_hooks)};
inline const Operation ping_hook{"ping_hook", Audience::repository, Role::admin, hook_read_scopes,
                                 reads(Permission::repository_hooks)};
inline const Operation test_hook{"test_hook", Audience::repository, Role::admin, hook_read_scopes,
                                 reads(Permission::repository_hooks)};
inline const Operation get_hook_config{"get_hook_config", Audience::repository, Role::admin,
                                       hook_read_scopes, reads(Permission::repository_hooks)};
inline const Operation update_hook_config{"update_hook_config", Audience::repository, Role::admin,
                                          hook_write_scopes, writes(Permission::repository_hooks)};

inline const Operation list_hook_deliveries{"list_hook_deliveries", Audience::repository,
                                            Role::admin, hook_read_scopes,
                                            reads(Permission::repository_hooks)};
inline const Operation get_hook_delivery{"get_hook_delivery", Audience::repository, Role::admin,
                                         hook_read_scopes, reads(Permission::repository_hooks)};
inline const Operation redeliver{"redeliver", Audience::repository, Role::admin, hook_write_scopes,
                                 writes(Permission::repository_hooks)};
inline const Operation list_event_deliveries{"list_event_deliveries", Audience::repository,
                                             Role::admin, hook_read_scopes,
                                             reads(Permission::repository_hooks)};
inline const Operation replay_deliveries{"replay_deliveries", Audience::repository, Role::admin,
                                         hook_write_scopes, writes(Permission::repository_hooks)};

inline const Operation rotate_hook_secret{"rotate_hook_secret", Audience::repository, Role::admin,
                                          hook_write_scopes, writes(Permission::repository_hooks)};
inline const Operation adopt_hook{"adopt_hook", Audience::repository, Role::admin,
                                  hook_write_scopes, writes(Permission::repository_hooks)};
inline const Operation get_app_hook_config{"get_app_hook_config", Audience::app};
inline const Operation update_app_hook_config{"update_app_hook_config", Audience::app};
inline const Operation list_app_hook_deliveries{"list_app_hook_deliveries", Audience::app};
inline const Operation get_app_hook_delivery{"get_app_hook_delivery", Audience::app};
inline const Operation redeliver_app_delivery{"redeliver_app_delivery", Audience::app};

inline const Operation list_organization_hooks{"list_organization_hooks", Audience::organization,
                                               Role::admin, organization_hook_scopes,
                                               reads(Permission::organization_hooks)};
inline const Operation create_organization_hook{"create_organization_hook", Audience::organization,
                                                Role::admin, organization_hook_scopes,
                                                writes(Permission::organization_hooks)};
inline const Operation get_organization_hook{"get_organization_hook", Audience::organization,
                                             Role::admin, organization_hook_scopes,
                                             reads(Permission::organization_hooks)};
inline const Operation update_organization_hook{"update_organization_hook", Audience::organization,
                                                Role::admin, organization_hook_scopes,
                                                writes(Permission::organization_hooks)};
inline const Operation delete_organization_hook{"delete_organization_hook", Audience::organization,
                                                Role::admin, organization_hook_scopes,
                                                writes(Permission::organization_hooks)};
inline const Operation ping_organization_hook{"ping_organization_hook", Audience::organization,
                                              Role::admin, organization_hook_scopes,
                                              writes(Permission::organization_hooks)};
inline const Operation get_organization_hook_config{
    "get_organization_hook_config", Audience::organization, Role::admin, organization_hook_scopes,
    reads(Permission::organization_hooks)};
inline const Operation update_organization_hook_config{
    "update_organization_hook_config", Audience::organization, Role::admin,
    organization_hook_scopes, writes(Permission::organization_hooks)};

inline const Operation list_organization_hook_deliveries{
    "list_organization_hook_deliveries", Audience::organization, Role::admin,
    organization_hook_scopes, reads(Permission::organization_hooks)};
inline const Operation get_organization_hook_delivery{
    "get_organization_hook_delivery", Audience::organization, Role::admin, organization_hook_scopes,
    reads(Permission::organization_hooks)};
inline const Operation redeliver_organization_delivery{
    "redeliver_organization_delivery", Audience::organization, Role::admin,
    organization_hook_scopes, writes(Permission::organization_hooks)};
inline const Operation list_organization_event_deliveries{
    "list_organization_event_deliveries", Audience::organization, Role::admin,
    organization_hook_scopes, reads(Permission::organization_hooks)};
inline const Operation replay_organization_deliveries{
    "replay_organization_deliveries", Audience::organization, Role::admin, organization_hook_scopes,
    writes(Permission::organization_hooks)};

inline const Operation rotate_organization_hook_secret{
    "rotate_organization_hook_secret", Audience::organization, Role::admin,
    organization_hook_scopes, writes(Permission::organization_hooks)};
inline const Operation adopt_organization_hook{"adopt_organization_hook", Audience::organization,
                                               Role::admin, organization_hook_scopes,
                                               writes(Permission::organization_hooks)};

}  // namespace esclusa::core::operations
