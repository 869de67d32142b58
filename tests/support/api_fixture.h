#pragma once
#include <string>

#include "api/call.h"
#include "base/check.h"

namespace esclusa::test {

/// A database for tests that must not use one.
class NoDatabase : public store::Database {
 public:
  sql::Engine engine() const override { return sql::Engine::sqlite; }

 private:
  Result<void> do_read(const ReadWork&) override { bug("the database was read"); }
  Result<void> do_write(const WriteWork&) override { bug("the database was written"); }
};

/// The objects that a `Call` refers to, without content: no repository, no hooks, a clock that
/// stands still.
struct ApiFixture {
  NoDatabase database;
  Sealer sealer{Secret(std::string(Sealer::key_bytes, 'k'))};
  app::TokenUse token_use;
  app::Context context{.database = database,
                       .sealer = sealer,
                       .now = [] { return from_micros(1'790'000'000'000'000); },
                       .boot_now = boot_now,
                       .event_urls = {"http://h", "http://h"},
                       .repositories_directory = {},
                       .committed = [](app::Topics) {},
                       .token_use = token_use};
  api::Settings settings{.external_url = "http://h", .hook_destinations = {}};

  /// A call of nobody, which no route was matched for.
  api::Call call(const http::Request& request) const {
    return {.request = request,
            .context = context,
            .settings = settings,
            .actor = core::Actor::nobody(),
            .urls = {"http://h", "http://h"},
            .query = http::parse_query(request.query())};
  }
};

inline http::Request make_request(const std::string& method, const std::string& target,
                                  http::Headers headers = {}) {
  http::Request request;
  request.method = method;
  request.target = target;
  request.headers = std::move(headers);
  request.peer = "192.0.2.1";
  return request;
}

}  // namespace esclusa::test
