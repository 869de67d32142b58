#pragma once
#include "api/call.h"

/// A repository's code, to read: branches, tags, commits, refs.
namespace esclusa::api {

Result<http::Response> list_branches(const Call& call);
Result<http::Response> get_branch(const Call& call);
Result<http::Response> list_tags(const Call& call);
Result<http::Response> list_commits(const Call& call);
Result<http::Response> get_commit(const Call& call);
Result<http::Response> get_git_ref(const Call& call);
Result<http::Response> list_git_refs(const Call& call);
Result<http::Response> compare_commits(const Call& call);

}  // namespace esclusa::api
