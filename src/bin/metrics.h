#pragma once
#include <prometheus/collectable.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "bin/database_figures.h"
#include "bin/metric_table.h"

namespace esclusa {

namespace api {
class Api;
}
namespace hooks {
class Worker;
}
namespace http {
class Server;
}

/// All figures of a node, as text for Prometheus: docs/monitoring.md, decision 0039.
class Metrics {
 public:
  /// How long a scrape waits for the database.
  static constexpr std::chrono::milliseconds database_time{2'000};
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// What is collected; all of it must outlive the object.
  struct Sources {
    api::Api& api;
    const hooks::Worker& worker;
    const http::Server& server;
    store::Database& database;
    DatabaseFigures& rows;
    std::string version;
    Clock now;
    /// The background threads that there are now.
    std::function<std::vector<const SupervisedThread*>()> threads;
  };
  explicit Metrics(Sources sources) : sources_(std::move(sources)) {}
  Metrics(const Metrics&) = delete;

  /// Adds figures of another part, which must not wait long for anything. Before the first scrape.
  void add(std::shared_ptr<const prometheus::Collectable> part) {
    parts_.push_back(std::move(part));
  }
  /// The text, made anew; who asks while another one's is being made gets that. Any thread but the
  /// one that serves the connections: it may take `database_time`.
  std::shared_ptr<const std::string> scrape();
  /// Waits for the scrape that is under way; from then on there is none, and the text is empty. The
  /// sources may go after it.
  void close();

 private:
  std::string make();
  void collect_requests(Families& families) const;
  void collect_server(Families& families) const;
  void collect_writer(Families& families) const;
  void collect_deliveries(Families& families) const;
  void collect_rows(Families& families) const;
  void collect_live(Families& families, const store::LiveFigures& live) const;
  void collect_agents(Families& families, const std::vector<core::ListedAgent>& agents) const;

  const Sources sources_;
  std::vector<std::shared_ptr<const prometheus::Collectable>> parts_;
  Mutex mutex_;
  Condition changed_;
  bool is_making_ GUARDED_BY(mutex_) = false;
  bool is_closed_ GUARDED_BY(mutex_) = false;
  uint64_t made_count_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const std::string> text_ GUARDED_BY(mutex_);
};

}  // namespace esclusa
