#pragma once
#include "api/call.h"

/// A repository as a whole.
namespace esclusa::api {

Result<http::Response> get_repository(const Call& call);
Result<http::Response> update_repository(const Call& call);
/// An empty list of something that repositories have only on GitHub: forks, stars, watchers.
Result<http::Response> list_nothing_of_repository(const Call& call);
/// Always an empty object: Esclusa does not detect languages, so `language` is null as well.
Result<http::Response> list_languages(const Call& call);

}  // namespace esclusa::api
