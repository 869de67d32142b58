#pragma once
#include "core/collaborator.h"
#include "core/page.h"
#include "core/repository.h"
#include "sql/connection.h"

namespace esclusa::store {

/// The accounts with a role in the repository, each with its highest role, by login.
core::Listing<core::Collaborator> list_collaborators(sql::Reader& db,
                                                     const core::Repository& repository,
                                                     const core::CollaboratorFilter& filter,
                                                     const core::Page& page);

/// The role that was granted directly; `Role::none` if there is none.
core::Role find_own_role(sql::Reader& db, RepositoryId repository, AccountId account);

}  // namespace esclusa::store
