#pragma once
#include "api/call.h"

/// The repository itself.
namespace esclusa::api {

Result<http::Response> get_repository(const Call& call);
Result<http::Response> update_repository(const Call& call);
/// What a repository has on GitHub, and never here: forks, stars, watchers. An empty list.
Result<http::Response> list_nothing_of_repository(const Call& call);
/// Nobody looks what a repository is written in: an empty object, as `language` is null.
Result<http::Response> list_languages(const Call& call);

}  // namespace esclusa::api
