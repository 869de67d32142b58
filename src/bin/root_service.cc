#include "bin/root_service.h"

#include "web/home.h"

namespace esclusa {
namespace {

http::Response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
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

http::Service root_service(api::Api& api, const std::string& url, std::function<bool()> is_ready) {
  http::Service service;
  service.plan = [&api, &url, is_ready = std::move(is_ready)](const http::Request& request) {
    if (request.method == "OPTIONS" || request.door == http::Door::ssh) return api.plan(request);
    if (wants_page(request)) return at_once(web::home_page(url, ESCLUSA_VERSION));
    if (request.path() == "/livez") return at_once(plain(200, "ok\n"));
    if (request.path() == "/readyz") {
      return at_once(is_ready() ? plain(200, "ok\n") : plain(503, "not ready\n"));
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
