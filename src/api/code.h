#pragma once
#include "api/call.h"

/// Reads a repository's code: branches, tags, commits, files.
namespace esclusa::api {

Result<http::Response> list_branches(const Call& call);
Result<http::Response> get_branch(const Call& call);
Result<http::Response> get_branch_protection(const Call& call);
Result<http::Response> list_tags(const Call& call);
Result<http::Response> list_commits(const Call& call);
Result<http::Response> get_commit(const Call& call);
Result<http::Response> list_branches_where_head(const Call& call);
/// An empty list, if the commit exists: Esclusa has neither pull requests nor commit comments.
Result<http::Response> list_pulls_of_commit(const Call& call);
Result<http::Response> list_comments_of_commit(const Call& call);
Result<http::Response> get_root_contents(const Call& call);
Result<http::Response> get_contents(const Call& call);
Result<http::Response> compare_commits(const Call& call);

}  // namespace esclusa::api
