#pragma once
#include "api/call.h"

namespace esclusa::api {

/// The URL of the request by the repository's id, which stays valid after a rename:
/// `{api}/repositories/{id}` and the rest of the path, as the client sent it.
std::string address_by_id(const Call& call, RepositoryId id);

/// The URL of the request, as the client sent it.
std::string address_as_sent(const Call& call);

/// The answer to a request that uses a former name of the repository: 301 if the request only
/// reads, otherwise 307, so that clients send the same method and body again.
http::Response moved_response(const Call& call, RepositoryId id);

}  // namespace esclusa::api
