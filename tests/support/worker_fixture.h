#pragma once
#include <atomic>
#include <memory>
#include <thread>

#include "hooks/worker.h"
#include "support/database_fixture.h"
#include "support/faulty_database.h"
#include "support/http_receiver.h"
#include "support/store_rows.h"

namespace esclusa::test {

/// A store with a repository, and a worker that the test starts.
struct WorkerFixture {
  WorkerFixture() : sample(write(database(), [](sql::Writer& tx) { return Sample(tx); })) {}

  sql::Database& database() { return store.database(); }

  void start(const std::vector<std::string>& allow = {"127.0.0.0/8"}, double retry_scale = 1e-6) {
    worker = std::make_unique<hooks::Worker>(
        faulty, sealer(),
        [this] {
          ++clock_count;
          return system_now();
        },
        hooks::WorkerSettings{core::DestinationPolicy::parse(allow).value(), retry_scale});
  }

  core::Hook hook(const std::string& url, const std::string& secret = "") {
    return write(database(), [&](sql::Writer& tx) { return sample.hook(tx, {"*"}, url, secret); });
  }
  /// Inserts an event and wakes the worker, as a use case does. Returns the GUID.
  std::string send(const std::string& kind, std::optional<std::string> environment = {},
                   std::optional<HookId> only_hook = {}) {
    std::string guid = write(database(), [&](sql::Writer& tx) {
      core::Event event = sample.event(kind, {}, system_now());
      if (environment) event.environment_id = sample.environment(tx, *environment).id;
      event.only_hook = only_hook;
      store::insert_event(tx, event, "{\"kind\":\"" + kind + "\"}", sample.actor);
      return event.guid;
    });
    if (worker) worker->wake();
    return guid;
  }

  /// Requests one more attempt for every delivery of the hook, as the use case does.
  void redeliver(HookId hook) {
    write(database(), [&](sql::Writer& tx) {
      tx.execute(
          "insert into redelivery (delivery_id, created_at) select id, 0 from delivery "
          "where hook_id = $1 order by id",
          {hook.value});
    });
    worker->wake();
  }

  int64_t count(const std::string& from) {
    return read(database(),
                [&](sql::Reader& db) { return db.number("select count(*) from " + from); });
  }
  void await_count(const std::string& from, int64_t expected) {
    for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
         count(from) != expected;) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("never " + std::to_string(expected) + ": " + from);
      }
      std::this_thread::yield();
    }
  }
  std::string last_status(HookId hook) {
    return read(database(), [&](sql::Reader& db) {
      return db
          .one(
              "select a.status from delivery_attempt a join delivery d on d.id = a.delivery_id "
              "where d.hook_id = $1 order by a.id desc limit 1",
              {hook.value}, [](const sql::Row& row) { return std::string(row.text(0)); })
          .value_or("(none)");
    });
  }

  std::atomic<int> clock_count = 0;  ///< how often the worker has read the clock
  Store store;
  FaultyDatabase faulty{store.database()};  ///< the worker's
  Sample sample;
  std::unique_ptr<hooks::Worker> worker;
};

inline std::string header(const http::Request& request, const char* name) {
  return std::string(request.headers.find(name).value_or("(absent)"));
}

inline http::Response status(int code) { return http::Response{.status = code}; }

}  // namespace esclusa::test
