#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "hooks/worker.h"
#include "store/hook_deliveries.h"
#include "store/hook_health.h"
#include "support/database_fixture.h"
#include "support/faulty_database.h"
#include "support/http_receiver.h"
#include "support/observed_database.h"
#include "support/store_rows.h"
#include "support/stored_rows.h"

namespace esclusa::test {

/// A store with a repository, and a worker that the test starts.
struct WorkerFixture {
  WorkerFixture() : sample(write(database(), [](sql::Writer& tx) { return Sample(tx); })) {
    faulty.after_commit = [this] { note([](Progress& now) { ++now.commits; }); };
  }

  sql::Database& database() { return store.database(); }

  void start(const std::vector<std::string>& allow = {"127.0.0.0/8"}, double retry_scale = 1e-6) {
    worker = std::make_unique<hooks::Worker>(
        faulty, sealer(), clock,
        hooks::WorkerSettings{core::DestinationPolicy::parse(allow).value(), retry_scale,
                              [this](const Trace& trace) {
                                note([&](Progress& now) { now.turns.push_back(trace); });
                              }});
  }

  core::Hook hook(const std::string& url, const std::string& secret = "") {
    return write(database(), [&](sql::Writer& tx) { return sample.hook(tx, {"*"}, url, secret); });
  }
  /// Changes a hook of the repository as `change` does.
  template <class Change>
  void change(const core::Hook& hook, Change change) {
    core::Hook changed = get(hook);
    change(changed);
    write(database(), [&](sql::Writer& tx) { store::update_hook(tx, sealer(), changed); });
  }
  core::Hook get(const core::Hook& hook) {
    return read(database(), [&](sql::Reader& db) {
      return found(store::find_hook(db, sealer(), hook.target, hook.id));
    });
  }
  void block_ada(bool is_blocked) {
    write(database(), [&](sql::Writer& tx) {
      const auto at = is_blocked ? std::optional(system_now()) : std::nullopt;
      store::set_blocked(tx, sample.ada.id, at);
    });
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
      for (const StoredDelivery& delivery : list_deliveries(tx)) {
        if (delivery.hook == hook) store::insert_redelivery(tx, delivery.id, at(0));
      }
    });
    worker->wake();
  }

  std::vector<StoredDelivery> deliveries() { return read(database(), list_deliveries); }
  std::vector<StoredDelivery> deliveries(core::DeliveryState state) {
    auto all = deliveries();
    std::erase_if(all, [&](const StoredDelivery& delivery) { return delivery.state != state; });
    return all;
  }
  std::vector<StoredAttempt> attempts() { return read(database(), list_attempts); }
  std::vector<RedeliveryId> redeliveries() { return read(database(), list_redelivery_ids); }
  std::string last_status(HookId hook) {
    std::string status = "(none)";
    for (const StoredAttempt& attempt : attempts()) {
      if (attempt.hook == hook) status = attempt.status;
    }
    return status;
  }

  /// Waits until the rows are as the condition wants them: it is asked again after each commit of
  /// the worker.
  template <class Condition>
  void await(Condition is_met) {
    for (size_t seen = commits(); !is_met(); seen = commits()) {
      await_progress([&](const Progress& now) { return now.commits > seen; });
    }
  }
  void await_deliveries(core::DeliveryState state, size_t count) {
    await([&] { return deliveries(state).size() == count; });
  }
  void await_attempts(size_t count) {
    await([&] { return attempts().size() == count; });
  }
  /// Waits until the worker has looked at everything once more, and waits again.
  void await_turn() {
    for (int i = 0; i < 2; ++i) {  // the first one may be under way already
      const size_t seen = turns().size();
      worker->wake();
      await_progress([&](const Progress& now) { return now.turns.size() > seen; });
    }
  }
  /// The traces of the turns up to now.
  std::vector<Trace> turns() {
    const std::lock_guard lock(mutex_);
    return progress_.turns;
  }

  Store store;
  Clock clock = system_now;                               ///< the next worker's
  ObservedDatabase::Observer observe = [](auto&&...) {};  ///< set before the worker starts
  ObservedDatabase observed{store.database(),
                            [this](auto&&... statement) { observe(statement...); }};
  FaultyDatabase faulty{observed};  ///< the worker's

 private:
  struct Progress {
    size_t commits = 0;  ///< transactions of the worker
    std::vector<Trace> turns;
  };

  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change(progress_);
    progressed_.notify_all();
  }
  template <class Condition>
  void await_progress(Condition is_met) {
    std::unique_lock lock(mutex_);
    // A limit for a test that would otherwise hang, far above any time that a test needs.
    if (!progressed_.wait_for(lock, std::chrono::seconds(60), [&] { return is_met(progress_); })) {
      throw std::runtime_error("the worker did nothing for a minute");
    }
  }
  size_t commits() {
    const std::lock_guard lock(mutex_);
    return progress_.commits;
  }

  std::mutex mutex_;
  std::condition_variable progressed_;
  Progress progress_;

 public:
  Sample sample;
  std::unique_ptr<hooks::Worker> worker;  ///< last: its thread uses the members above
};

inline std::string header(const http::Request& request, const char* name) {
  return std::string(request.headers.find(name).value_or("(absent)"));
}

inline http::Response status(int code) { return http::Response{.status = code}; }

}  // namespace esclusa::test
