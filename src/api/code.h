#pragma once
#include "api/call.h"

/// A repository's code, to read: branches, tags, commits, files.
namespace esclusa::api {

Result<http::Response> list_branches(const Call& call);
Result<http::Response> get_branch(const Call& call);
Result<http::Response> get_branch_protection(const Call& call);
Result<http::Response> list_tags(const Call& call);
Result<http::Response> list_commits(const Call& call);
Result<http::Response> get_commit(const Call& call);
Result<http::Response> list_branches_where_head(const Call& call);
/// Empty lists, of a commit that is there: nobody opens pull requests here, or comments on a
/// commit.
Result<http::Response> list_pulls_of_commit(const Call& call);
Result<http::Response> list_comments_of_commit(const Call& call);
Result<http::Response> get_root_contents(const Call& call);
Result<http::Response> get_contents(const Call& call);
Result<http::Response> compare_commits(const Call& call);

}  // namespace esclusa::api
