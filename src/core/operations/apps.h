#pragma once
#include "core/operation.h"

/// What apps and their installations ask about themselves, and what this machine's administrator
/// does with them.
namespace esclusa::core::operations {

inline const Operation get_app{"get_app", Audience::anyone};
inline const Operation get_authenticated_app{"get_authenticated_app", Audience::app};
inline const Operation list_installations{"list_installations", Audience::app};
inline const Operation get_installation{"get_installation", Audience::app};
inline const Operation get_repository_installation{"get_repository_installation", Audience::app};
inline const Operation get_organization_installation{"get_organization_installation",
                                                     Audience::app};
inline const Operation get_user_installation{"get_user_installation", Audience::app};
inline const Operation remove_installation{"remove_installation", Audience::app};
inline const Operation suspend_installation{"suspend_installation", Audience::app};
inline const Operation unsuspend_installation{"unsuspend_installation", Audience::app};
inline const Operation create_installation_token{"create_installation_token", Audience::app};

inline const Operation list_installation_repositories{"list_installation_repositories",
                                                      Audience::installation};
inline const Operation revoke_installation_token{"revoke_installation_token",
                                                 Audience::installation};

inline const Operation admin_list_apps{"admin_list_apps", Audience::local_admin};
inline const Operation admin_create_app{"admin_create_app", Audience::local_admin};
inline const Operation admin_change_app{"admin_change_app", Audience::local_admin};
inline const Operation admin_remove_app{"admin_remove_app", Audience::local_admin};
inline const Operation admin_add_app_key{"admin_add_app_key", Audience::local_admin};
inline const Operation admin_remove_app_key{"admin_remove_app_key", Audience::local_admin};
inline const Operation admin_set_app_hook{"admin_set_app_hook", Audience::local_admin};
inline const Operation admin_remove_app_hook{"admin_remove_app_hook", Audience::local_admin};
inline const Operation admin_install_app{"admin_install_app", Audience::local_admin};
inline const Operation admin_uninstall_app{"admin_uninstall_app", Audience::local_admin};
inline const Operation admin_suspend_app{"admin_suspend_app", Audience::local_admin};
inline const Operation admin_unsuspend_app{"admin_unsuspend_app", Audience::local_admin};

}  // namespace esclusa::core::operations
