#pragma once
#include "core/operation.h"
#include "core/operations/scopes.h"

/// The feed, what the server says of itself and of accounts, and what this machine alone may ask.
namespace esclusa::core::operations {

inline const Operation read_events = also_for_agents({"read_events", Audience::account});
inline const Operation read_repository_events =
    also_for_agents({"read_repository_events", Audience::repository, Role::read, feed_scopes,
                     reads(Permission::deployments)});

inline const Operation list_all_live{"list_all_live", Audience::account};

inline const Operation get_deployment_log{"get_deployment_log", Audience::repository, Role::read,
                                          deployment_scopes, reads(Permission::deployments)};
inline const Operation append_deployment_log =
    also_for_agents({"append_deployment_log", Audience::repository, Role::write, deployment_scopes,
                     writes(Permission::deployments)});

/// Of the whole server: site administrators alone, which app/ judges.
inline const Operation list_audit{"list_audit", Audience::account, Role::read,
                                  organization_admin_scopes};
inline const Operation list_repository_audit{"list_repository_audit", Audience::repository,
                                             Role::admin, code_scopes};
inline const Operation list_agents{"list_agents", Audience::account, Role::read,
                                   organization_admin_scopes};
inline const Operation list_repository_agents{"list_repository_agents", Audience::repository,
                                              Role::admin, code_scopes};

inline const Operation get_root{"get_root", Audience::anyone};
inline const Operation get_meta{"get_meta", Audience::anyone};
inline const Operation get_versions{"get_versions", Audience::anyone};
inline const Operation get_zen{"get_zen", Audience::anyone};

inline const Operation get_user{"get_user", Audience::anyone};
inline const Operation get_organization{"get_organization", Audience::anyone};

inline const Operation list_organization_repositories{"list_organization_repositories",
                                                      Audience::viewer};
inline const Operation list_user_repositories{"list_user_repositories", Audience::viewer};
inline const Operation list_user_organizations{"list_user_organizations", Audience::viewer};
inline const Operation list_own_repositories{"list_own_repositories", Audience::account};
inline const Operation list_own_organizations{"list_own_organizations", Audience::account,
                                              Role::read, own_organization_scopes};

inline const Operation get_authenticated_user{"get_authenticated_user", Audience::account};

inline const Operation search_repositories{"search_repositories", Audience::viewer};
inline const Operation search_accounts{"search_accounts", Audience::viewer};
inline const Operation search_nothing{"search_nothing", Audience::anyone};

inline const Operation list_nothing{"list_nothing", Audience::anyone};
inline const Operation list_nothing_of_user{"list_nothing_of_user", Audience::anyone};
inline const Operation list_nothing_of_organization{"list_nothing_of_organization",
                                                    Audience::viewer};
inline const Operation list_nothing_of_caller{"list_nothing_of_caller", Audience::account};
inline const Operation get_emojis{"get_emojis", Audience::anyone};
inline const Operation get_feeds{"get_feeds", Audience::anyone};

inline const Operation get_rate_limit{"get_rate_limit", Audience::anyone};

inline const Operation get_openapi{"get_openapi", Audience::anyone};

inline const Operation admin_repair_live{"admin_repair_live", Audience::local_admin};
inline const Operation admin_list_accounts{"admin_list_accounts", Audience::local_admin};
inline const Operation admin_create_account{"admin_create_account", Audience::local_admin};
inline const Operation admin_list_tokens{"admin_list_tokens", Audience::local_admin};
inline const Operation admin_create_token{"admin_create_token", Audience::local_admin};
inline const Operation admin_revoke_token{"admin_revoke_token", Audience::local_admin};
inline const Operation admin_block_account{"admin_block_account", Audience::local_admin};
inline const Operation admin_unblock_account{"admin_unblock_account", Audience::local_admin};
inline const Operation admin_set_member{"admin_set_member", Audience::local_admin};
inline const Operation admin_list_repositories{"admin_list_repositories", Audience::local_admin};
inline const Operation admin_create_repository{"admin_create_repository", Audience::local_admin};
inline const Operation admin_update_repository{"admin_update_repository", Audience::local_admin};
inline const Operation admin_remove_repository{"admin_remove_repository", Audience::local_admin};
inline const Operation admin_grant_role{"admin_grant_role", Audience::local_admin};
inline const Operation admin_choose_new_environments{"admin_choose_new_environments",
                                                     Audience::local_admin};
inline const Operation admin_list_branch_protections{"admin_list_branch_protections",
                                                     Audience::local_admin};
inline const Operation admin_protect_branches{"admin_protect_branches", Audience::local_admin};
inline const Operation admin_unprotect_branches{"admin_unprotect_branches", Audience::local_admin};

inline const Operation admin_list_agent_tokens{"admin_list_agent_tokens", Audience::local_admin};
inline const Operation admin_create_agent_token{"admin_create_agent_token", Audience::local_admin};
inline const Operation admin_revoke_agent_token{"admin_revoke_agent_token", Audience::local_admin};
inline const Operation admin_list_audit{"admin_list_audit", Audience::local_admin};
inline const Operation admin_examine{"admin_examine", Audience::local_admin};
inline const Operation admin_list_tables{"admin_list_tables", Audience::local_admin};
inline const Operation admin_check_table{"admin_check_table", Audience::local_admin};
inline const Operation admin_make_backup{"admin_make_backup", Audience::local_admin};
inline const Operation admin_rotate_key{"admin_rotate_key", Audience::local_admin};
inline const Operation admin_get_retention{"admin_get_retention", Audience::local_admin};
inline const Operation admin_prune{"admin_prune", Audience::local_admin};

inline const Operation ssh_find_key{"ssh_find_key", Audience::ssh};
inline const Operation ssh_start_session{"ssh_start_session", Audience::ssh};
inline const Operation ssh_check_session{"ssh_check_session", Audience::ssh};
inline const Operation ssh_begin_push{"ssh_begin_push", Audience::ssh};
inline const Operation ssh_finish_push{"ssh_finish_push", Audience::ssh};
inline const Operation ssh_end_session{"ssh_end_session", Audience::ssh};

}  // namespace esclusa::core::operations
