#pragma once
#include <functional>
#include <string>

#include "api/serve.h"
#include "http/server.h"

namespace esclusa {

/// What a node's listeners serve: the page at `/` for people, `/livez` and `/readyz` for whoever
/// watches the server, and the API. `is_ready` tells whether requests should be sent here. `api`
/// and `url`, the node's own address, must outlive the server that gets it.
http::Service root_service(api::Api& api, const std::string& url, std::function<bool()> is_ready);

}  // namespace esclusa
