#pragma once
#include <string>
#include <vector>

#include "core/actor.h"
#include "core/commit_status.h"
#include "core/page.h"
#include "sql/connection.h"

namespace esclusa::store {

/// A commit of a repository.
struct Commit {
  RepositoryId repository_id;
  std::string sha;
};

/// `status.id` is ignored.
CommitStatusId insert_commit_status(sql::Writer& tx, const core::CommitStatus& status,
                                    const core::Actor& creator);
int64_t count_commit_statuses(sql::Reader& db, const Commit& commit, const std::string& context);
/// All statuses, newest first.
core::Listing<core::CommitStatus> list_commit_statuses(sql::Reader& db, const Commit& commit,
                                                       const core::Page& page);
/// The latest status of each context, oldest first.
std::vector<core::CommitStatus> list_latest_commit_statuses(sql::Reader& db, const Commit& commit);

}  // namespace esclusa::store
