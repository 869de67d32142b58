#pragma once
#include "api/call.h"

namespace esclusa::api {

/// What the request asked for, under the address that outlives a rename:
/// `{api}/repositories/{id}` and the rest of the path, as it was sent.
std::string address_by_id(const Call& call, RepositoryId id);

/// What the request asked for, as it was sent.
std::string address_as_sent(const Call& call);

/// The answer for a name that the repository had before: 301 to what only reads, 307 to the rest,
/// so that clients send the same method and body again.
http::Response moved_response(const Call& call, RepositoryId id);

}  // namespace esclusa::api
