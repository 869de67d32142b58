#pragma once
#include "core/operation.h"
#include "core/operations/scopes.h"

/// A repository and its code.
namespace esclusa::core::operations {

inline const Operation get_repository{"get_repository", Audience::repository, Role::read,
                                      code_scopes, reads(Permission::metadata)};
inline const Operation update_repository{"update_repository", Audience::repository, Role::admin,
                                         code_scopes, writes(Permission::administration)};
inline const Operation list_nothing_of_repository{"list_nothing_of_repository",
                                                  Audience::repository, Role::read, code_scopes,
                                                  reads(Permission::metadata)};
inline const Operation list_languages{"list_languages", Audience::repository, Role::read,
                                      code_scopes, reads(Permission::metadata)};

inline const Operation list_branches{"list_branches", Audience::repository, Role::read, code_scopes,
                                     reads(Permission::contents)};
inline const Operation get_branch_protection{"get_branch_protection", Audience::repository,
                                             Role::admin, code_scopes,
                                             reads(Permission::administration)};
inline const Operation get_branch{"get_branch", Audience::repository, Role::read, code_scopes,
                                  reads(Permission::contents)};
inline const Operation list_tags{"list_tags", Audience::repository, Role::read, code_scopes,
                                 reads(Permission::metadata)};

inline const Operation get_git_ref{"get_git_ref", Audience::repository, Role::read, code_scopes,
                                   reads(Permission::contents)};
inline const Operation list_git_refs{"list_git_refs", Audience::repository, Role::read, code_scopes,
                                     reads(Permission::contents)};
inline const Operation find_git_refs{"find_git_refs", Audience::repository, Role::read, code_scopes,
                                     reads(Permission::contents)};
inline const Operation list_matching_git_refs{"list_matching_git_refs", Audience::repository,
                                              Role::read, code_scopes, reads(Permission::contents)};
inline const Operation get_git_tag{"get_git_tag", Audience::repository, Role::read, code_scopes,
                                   reads(Permission::contents)};
inline const Operation get_git_commit{"get_git_commit", Audience::repository, Role::read,
                                      code_scopes, reads(Permission::contents)};
inline const Operation get_git_tree{"get_git_tree", Audience::repository, Role::read, code_scopes,
                                    reads(Permission::contents)};
inline const Operation get_git_blob{"get_git_blob", Audience::repository, Role::read, code_scopes,
                                    reads(Permission::contents)};

inline const Operation get_root_contents{"get_root_contents", Audience::repository, Role::read,
                                         code_scopes, reads(Permission::contents)};
inline const Operation get_contents{"get_contents", Audience::repository, Role::read, code_scopes,
                                    reads(Permission::contents)};
inline const Operation find_archive{"find_archive", Audience::repository, Role::read, code_scopes,
                                    reads(Permission::contents)};
inline const Operation get_archive{"get_archive", Audience::repository, Role::read, code_scopes,
                                   reads(Permission::contents)};
inline const Operation compare_commits{"compare_commits", Audience::repository, Role::read,
                                       code_scopes, reads(Permission::contents)};
inline const Operation list_commits{"list_commits", Audience::repository, Role::read, code_scopes,
                                    reads(Permission::contents)};
inline const Operation list_branches_where_head{"list_branches_where_head", Audience::repository,
                                                Role::read, code_scopes,
                                                reads(Permission::contents)};
inline const Operation list_pulls_of_commit{"list_pulls_of_commit", Audience::repository,
                                            Role::read, code_scopes, reads(Permission::contents)};
inline const Operation list_comments_of_commit{"list_comments_of_commit", Audience::repository,
                                               Role::read, code_scopes,
                                               reads(Permission::contents)};
inline const Operation get_commit{"get_commit", Audience::repository, Role::read, code_scopes,
                                  reads(Permission::contents)};

}  // namespace esclusa::core::operations
