#pragma once
#include "api/call.h"

/// Reads git's own data: refs, and objects by their SHA.
namespace esclusa::api {

Result<http::Response> get_git_ref(const Call& call);
/// `git/refs`: a page of all refs.
Result<http::Response> list_git_refs(const Call& call);
/// `git/refs/{ref}`: the ref of that name; if there is none, the refs whose names begin with it.
Result<http::Response> find_git_refs(const Call& call);
/// `git/matching-refs/{ref}`: all refs whose names begin with it, without pages.
Result<http::Response> list_matching_git_refs(const Call& call);

Result<http::Response> get_git_tag(const Call& call);
Result<http::Response> get_git_commit(const Call& call);
Result<http::Response> get_git_tree(const Call& call);
Result<http::Response> get_git_blob(const Call& call);

}  // namespace esclusa::api
