#include "api/request_log.h"

#include "base/log.h"

namespace esclusa::api {

void log_request(const http::Request& request, const http::Response& response,
                 const Served& served) {
  log::info("request", {{"request_id", served.actor.request_id()},
                        {"operation", served.operation},
                        {"method", request.method},
                        {"path", request.path()},
                        {"status", response.status},
                        {"microseconds", served.took.count()},
                        {"statements", served.statement_count},
                        {"account", served.actor.is_authenticated() ? served.actor.name() : ""},
                        {"peer", request.peer}});
}

}  // namespace esclusa::api
