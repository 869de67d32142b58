#pragma once
#include "api/call.h"

/// Git's own data, to read: refs, and objects by their SHA.
namespace esclusa::api {

Result<http::Response> get_git_ref(const Call& call);
/// `git/refs`: a page of all refs.
Result<http::Response> list_git_refs(const Call& call);
/// `git/refs/{ref}`: the ref of that name; if there is none, those that begin so.
Result<http::Response> find_git_refs(const Call& call);
/// `git/matching-refs/{ref}`: all refs that begin so, without pages.
Result<http::Response> list_matching_git_refs(const Call& call);

Result<http::Response> get_git_tag(const Call& call);
Result<http::Response> get_git_commit(const Call& call);
Result<http::Response> get_git_tree(const Call& call);
Result<http::Response> get_git_blob(const Call& call);

}  // namespace esclusa::api
