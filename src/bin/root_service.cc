#include "bin/root_service.h"

#include "bin/metrics_door.h"
#include "web/home.h"

namespace esclusa {
namespace {

http::Response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

http::Response health(const FindFault& find) {
  const auto fault = find();
  return fault ? plain(503, *fault + "\n") : plain(200, "ok\n");
}

http::Plan at_once(http::Response response) {
  return {.lane = http::Lane::loop,
          .answer = [response = std::move(response)] { return response; }};
}

/// `/` is the index of the API for its clients, and a page for all others.
bool wants_page(const http::Request& request) {
  return request.door == http::Door::network && request.path() == "/" &&
         !request.headers.find("Accept").value_or("").contains("application/vnd.github");
}

}  // namespace

http::Service root_service(api::Api& api, const std::string& url, FindFault find_hanging,
                           FindFault find_unready, MetricsDoor* metrics) {
  http::Service service;
  service.plan = [&api, &url, find_hanging = std::move(find_hanging),
                  find_unready = std::move(find_unready), metrics](const http::Request& request) {
    if (request.method == "OPTIONS" || request.door == http::Door::ssh) return api.plan(request);
    if (wants_page(request)) return at_once(web::home_page(url, ESCLUSA_VERSION));
    if (request.path() == "/livez") return at_once(health(find_hanging));
    if (request.path() == "/readyz") return at_once(health(find_unready));
    if (metrics != nullptr) {
      if (auto plan = metrics->plan(request)) return *std::move(plan);
    }
    return api.plan(request);
  };
  service.refuse = [&api](const http::Request& request, int status) {
    return api.refuse(request, status);
  };
  service.may_send_much = [&api](const http::Request& request) {
    return api.may_send_much(request);
  };
  return service;
}

}  // namespace esclusa
