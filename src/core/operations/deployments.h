#pragma once
#include "core/operation.h"
#include "core/operations/scopes.h"

/// Deployments and what decides about them: environments, gates, statuses, check runs.
namespace esclusa::core::operations {

inline const Operation list_deployments =
    also_for_agents({"list_deployments", Audience::repository, Role::read, deployment_scopes,
                     reads(Permission::deployments)});
inline const Operation create_deployment{"create_deployment", Audience::repository, Role::write,
                                         deployment_scopes, writes(Permission::deployments)};
inline const Operation get_deployment =
    also_for_agents({"get_deployment", Audience::repository, Role::read, deployment_scopes,
                     reads(Permission::deployments)});
inline const Operation delete_deployment{"delete_deployment", Audience::repository, Role::write,
                                         deployment_scopes, writes(Permission::deployments)};

// The same as a create, which they call.
inline const Operation roll_back{"roll_back", Audience::repository, Role::write, deployment_scopes,
                                 writes(Permission::deployments)};
inline const Operation promote{"promote", Audience::repository, Role::write, deployment_scopes,
                               writes(Permission::deployments)};
inline const Operation redeploy{"redeploy", Audience::repository, Role::write, deployment_scopes,
                                writes(Permission::deployments)};

inline const Operation list_live{"list_live", Audience::repository, Role::read, deployment_scopes,
                                 reads(Permission::deployments)};
inline const Operation get_stats{"get_stats", Audience::repository, Role::read, deployment_scopes,
                                 reads(Permission::deployments)};

inline const Operation list_statuses =
    also_for_agents({"list_statuses", Audience::repository, Role::read, deployment_scopes,
                     reads(Permission::deployments)});
inline const Operation create_status =
    also_for_agents({"create_status", Audience::repository, Role::write, deployment_scopes,
                     writes(Permission::deployments)});
inline const Operation get_status =
    also_for_agents({"get_status", Audience::repository, Role::read, deployment_scopes,
                     reads(Permission::deployments)});

// Whoever may report statuses may say that it runs the deployment.
inline const Operation get_claim =
    also_for_agents({"get_claim", Audience::repository, Role::read, deployment_scopes,
                     reads(Permission::deployments)});
inline const Operation create_claim =
    also_for_agents({"create_claim", Audience::repository, Role::write, deployment_scopes,
                     writes(Permission::deployments)});
inline const Operation renew_claim =
    also_for_agents({"renew_claim", Audience::repository, Role::write, deployment_scopes,
                     writes(Permission::deployments)});
inline const Operation release_claim =
    also_for_agents({"release_claim", Audience::repository, Role::write, deployment_scopes,
                     writes(Permission::deployments)});
// For the agent alone that holds the claim: app/ judges that. No scope, role or permission opens
// it; those that show the deployment say who is told so.
inline const Operation give_claim_secrets =
    also_for_agents({"give_claim_secrets", Audience::repository, Role::read, deployment_scopes,
                     reads(Permission::deployments), true});

inline const Operation list_environments{"list_environments", Audience::repository, Role::read,
                                         code_scopes, reads(Permission::actions)};
inline const Operation get_environment{"get_environment", Audience::repository, Role::read,
                                       code_scopes, reads(Permission::actions)};
inline const Operation put_environment{"put_environment", Audience::repository, Role::admin,
                                       code_scopes, writes(Permission::administration)};
inline const Operation delete_environment{"delete_environment", Audience::repository, Role::admin,
                                          code_scopes, writes(Permission::administration)};
inline const Operation list_branch_policies{"list_branch_policies", Audience::repository,
                                            Role::read, code_scopes, reads(Permission::actions)};
inline const Operation create_branch_policy{"create_branch_policy", Audience::repository,
                                            Role::admin, code_scopes,
                                            writes(Permission::administration)};
inline const Operation get_branch_policy{"get_branch_policy", Audience::repository, Role::read,
                                         code_scopes, reads(Permission::actions)};
inline const Operation update_branch_policy{"update_branch_policy", Audience::repository,
                                            Role::admin, code_scopes,
                                            writes(Permission::administration)};
inline const Operation delete_branch_policy{"delete_branch_policy", Audience::repository,
                                            Role::admin, code_scopes,
                                            writes(Permission::administration)};

inline const Operation list_custom_rules{"list_custom_rules", Audience::repository, Role::read,
                                         code_scopes, reads(Permission::actions)};
inline const Operation create_custom_rule{"create_custom_rule", Audience::repository, Role::admin,
                                          code_scopes, writes(Permission::administration)};
inline const Operation list_available_apps{"list_available_apps", Audience::repository, Role::admin,
                                           code_scopes, reads(Permission::actions)};
inline const Operation get_custom_rule{"get_custom_rule", Audience::repository, Role::read,
                                       code_scopes, reads(Permission::actions)};
inline const Operation delete_custom_rule{"delete_custom_rule", Audience::repository, Role::admin,
                                          code_scopes, writes(Permission::administration)};
// Only an installation of the rule's app may answer: app/ judges that.
inline const Operation answer_custom_rule{"answer_custom_rule", Audience::repository, Role::write,
                                          deployment_scopes, writes(Permission::deployments)};

// Reading names, and the values of variables, is for who can push; changing is for administrators,
// as for everything else of an environment. No operation shows the value of a secret but the one of
// claims.
inline const NeededPermissions reads_secrets{{Permission::secrets, PermissionLevel::read},
                                             {Permission::environments, PermissionLevel::read}};
inline const NeededPermissions writes_secrets{{Permission::secrets, PermissionLevel::write},
                                              {Permission::environments, PermissionLevel::write}};
inline const Operation list_environment_secrets{"list_environment_secrets", Audience::repository,
                                                Role::write, code_scopes, reads_secrets};
inline const Operation get_environment_public_key{
    "get_environment_public_key", Audience::repository, Role::read, code_scopes, reads_secrets};
inline const Operation get_environment_secret{"get_environment_secret", Audience::repository,
                                              Role::write, code_scopes, reads_secrets};
inline const Operation put_environment_secret{"put_environment_secret", Audience::repository,
                                              Role::admin, code_scopes, writes_secrets};
inline const Operation delete_environment_secret{"delete_environment_secret", Audience::repository,
                                                 Role::admin, code_scopes, writes_secrets};
inline const Operation list_environment_variables{"list_environment_variables",
                                                  Audience::repository, Role::write, code_scopes,
                                                  reads(Permission::environments)};
inline const Operation create_environment_variable{"create_environment_variable",
                                                   Audience::repository, Role::admin, code_scopes,
                                                   writes(Permission::environments)};
inline const Operation get_environment_variable{"get_environment_variable", Audience::repository,
                                                Role::write, code_scopes,
                                                reads(Permission::environments)};
inline const Operation update_environment_variable{"update_environment_variable",
                                                   Audience::repository, Role::admin, code_scopes,
                                                   writes(Permission::environments)};
inline const Operation delete_environment_variable{"delete_environment_variable",
                                                   Audience::repository, Role::admin, code_scopes,
                                                   writes(Permission::environments)};

inline const Operation get_workflow_run{"get_workflow_run", Audience::repository, Role::read,
                                        deployment_scopes, reads(Permission::actions)};
inline const Operation list_nothing_of_run{"list_nothing_of_run", Audience::repository, Role::read,
                                           deployment_scopes, reads(Permission::actions)};
inline const Operation get_workflow{"get_workflow", Audience::repository, Role::read,
                                    deployment_scopes, reads(Permission::actions)};
inline const Operation list_pending_deployments{"list_pending_deployments", Audience::repository,
                                                Role::read, deployment_scopes,
                                                reads(Permission::actions)};
// A run is a deployment here. Who may review it is no role: app/ judges that. A token that only
// creates deployments must not open their gates.
inline const Operation review_pending_deployments{"review_pending_deployments",
                                                  Audience::repository,
                                                  Role::read,
                                                  code_scopes,
                                                  {},
                                                  true,
                                                  deployment_scopes};
inline const Operation list_approvals{"list_approvals", Audience::repository, Role::read,
                                      deployment_scopes, reads(Permission::actions)};
inline const Operation get_gates{"get_gates", Audience::repository, Role::read, deployment_scopes,
                                 reads(Permission::deployments)};
inline const Operation bypass_gates{
    "bypass_gates", Audience::repository, Role::admin, code_scopes, {}, false, deployment_scopes};
inline const Operation dry_run{"dry_run", Audience::repository, Role::write, deployment_scopes,
                               writes(Permission::deployments)};

inline const Operation create_commit_status{"create_commit_status", Audience::repository,
                                            Role::write, status_scopes,
                                            writes(Permission::statuses)};
inline const Operation list_commit_statuses{"list_commit_statuses", Audience::repository,
                                            Role::read, status_scopes, reads(Permission::statuses)};
inline const Operation get_combined_status{"get_combined_status", Audience::repository, Role::read,
                                           status_scopes, reads(Permission::statuses)};

inline const Operation list_check_runs{"list_check_runs", Audience::repository, Role::read,
                                       code_scopes, reads(Permission::checks)};
inline const Operation list_check_suites{"list_check_suites", Audience::repository, Role::read,
                                         code_scopes, reads(Permission::checks)};
inline const Operation get_check_suite{"get_check_suite", Audience::repository, Role::read,
                                       code_scopes, reads(Permission::checks)};
inline const Operation list_check_runs_in_suite{"list_check_runs_in_suite", Audience::repository,
                                                Role::read, code_scopes, reads(Permission::checks)};
inline const Operation create_check_run{"create_check_run", Audience::repository, Role::write,
                                        code_scopes, writes(Permission::checks)};
inline const Operation get_check_run{"get_check_run", Audience::repository, Role::read, code_scopes,
                                     reads(Permission::checks)};
inline const Operation update_check_run{"update_check_run", Audience::repository, Role::write,
                                        code_scopes, writes(Permission::checks)};
inline const Operation list_annotations{"list_annotations", Audience::repository, Role::read,
                                        code_scopes, reads(Permission::checks)};

}  // namespace esclusa::core::operations
