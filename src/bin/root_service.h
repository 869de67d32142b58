#pragma once
#include <functional>
#include <optional>
#include <string>

#include "api/serve.h"
#include "http/server.h"

namespace esclusa {

class MetricsDoor;

/// Says what is wrong, in plain text; nothing if all is well. It is asked by the thread that serves
/// all connections, and must not wait.
using FindFault = std::function<std::optional<std::string>()>;

/// What a node's listeners serve: the page at `/` for people, `/livez` and `/readyz` for whoever
/// watches the server, and the API. `find_hanging` finds what only a new start would mend,
/// `find_unready` why no requests should be sent here now. `api` and `url`, the node's own address,
/// must outlive the server that gets it, as must `metrics`, which answers `/metrics`.
http::Service root_service(api::Api& api, const std::string& url, FindFault find_hanging,
                           FindFault find_unready, MetricsDoor* metrics = nullptr);

}  // namespace esclusa
