#include "bin/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "api/serve.h"
#include "base/log_figures.h"
#include "bin/process_figures.h"
#include "core/claim.h"
#include "core/gates.h"
#include "git/figures.h"
#include "hooks/worker.h"
#include "sql/figures.h"

namespace esclusa {
namespace {

constexpr double microsecond = 1e-6;
constexpr std::array<const char*, 6> lane_names = {"rows",    "commit", "git",
                                                   "history", "keys",   "admin"};
constexpr std::chrono::minutes recently{5};

double number(auto value) { return static_cast<double>(value); }

/// Seconds since 1970.
double seconds(Timestamp at) { return number(to_micros(at)) * microsecond; }

}  // namespace

std::shared_ptr<const std::string> Metrics::scrape() {
  Lock lock(mutex_);
  if (is_closed_) return std::make_shared<const std::string>();
  if (is_making_) {
    const uint64_t before = made_count_;
    changed_.wait(lock, [&]() REQUIRES(mutex_) { return made_count_ > before; });
    return text_;
  }
  is_making_ = true;
  lock.unlock();
  std::shared_ptr<const std::string> text;
  std::exception_ptr thrown;
  try {
    text = std::make_shared<const std::string>(make());
  } catch (...) {
    thrown = std::current_exception();
    text = std::make_shared<const std::string>();
  }
  lock.lock();
  is_making_ = false;
  ++made_count_;
  text_ = text;
  changed_.notify_all();
  if (thrown) std::rethrow_exception(thrown);
  return text;
}

void Metrics::close() {
  Lock lock(mutex_);
  is_closed_ = true;
  changed_.wait(lock, [this]() REQUIRES(mutex_) { return !is_making_; });
}

std::string Metrics::make() {
  Families families;
  families.add("esclusa_build_info", {sources_.version}, 1);
  collect_rows(families);
  collect_requests(families);
  collect_server(families);
  collect_writer(families);
  collect_deliveries(families);
  families.add("esclusa_git_open_seconds", {}, git::figures().opens.state(), microsecond);
  families.add("esclusa_git_walk_seconds", {}, git::figures().walks.state(), microsecond);
  families.add("esclusa_log_lines_dropped_total", {}, number(log::dropped_count()));
  for (const SupervisedThread* thread : sources_.threads()) {
    families.add("esclusa_thread_failures_total", {thread->name()},
                 number(thread->failure_count()));
  }
  collect_process(families);
  std::vector<prometheus::MetricFamily> all = families.take();
  for (const auto& part : parts_) std::ranges::move(part->Collect(), std::back_inserter(all));
  return prometheus::TextSerializer().Serialize(all);
}

void Metrics::collect_requests(Families& families) const {
  const api::RequestFigures& figures = sources_.api.figures();
  for (const auto& of : figures.by_operation()) {
    const std::string operation(of.name.empty() ? "none" : of.name);
    for (size_t i = 0; i < of.by_code.size(); ++i) {
      if (of.by_code[i] == 0) continue;
      const bool is_named = i < api::RequestFigures::codes.size();
      families.add("esclusa_http_requests_total",
                   {operation, is_named ? std::to_string(api::RequestFigures::codes[i]) : "other"},
                   number(of.by_code[i]));
    }
    families.add("esclusa_http_request_seconds", {operation}, of.times, microsecond);
  }
  families.add("esclusa_kept_answers_total", {}, number(figures.kept_answers.value()));
  families.add("esclusa_rate_limited_requests_total", {}, number(figures.rate_limited.value()));
  families.add("esclusa_feed_clients", {}, number(sources_.api.feed_client_count()));
}

void Metrics::collect_server(Families& families) const {
  const http::ServerFigures figures = sources_.server.figures();
  families.add("esclusa_connections", {}, number(figures.open_connections));
  families.add("esclusa_connections_accepted_total", {}, number(figures.accepted_connections));
  families.add("esclusa_connections_refused_total", {}, number(figures.refused_connections));
  static_assert(lane_names.size() == std::tuple_size_v<decltype(figures.lanes)>);
  for (size_t i = 0; i < lane_names.size(); ++i) {
    const http::LaneFigures& lane = figures.lanes[i];
    const Families::Labels labels = {lane_names[i]};
    families.add("esclusa_lane_running", labels, number(lane.running));
    families.add("esclusa_lane_waiting", labels, number(lane.waiting));
    families.add("esclusa_lane_threads", labels, number(lane.threads));
    families.add("esclusa_lane_refused_total", labels, number(lane.refused));
    families.add("esclusa_lane_wait_seconds", labels, lane.waits, microsecond);
    families.add("esclusa_lane_run_seconds", labels, lane.runs, microsecond);
  }
  if (figures.certificate_end) {
    families.add("esclusa_tls_certificate_expiry_timestamp_seconds", {},
                 seconds(*figures.certificate_end));
  }
}

void Metrics::collect_writer(Families& families) const {
  const sql::WriterFigures* figures = sql::writer_figures(sources_.database);
  if (figures == nullptr) return;
  families.add("esclusa_writer_transactions_total", {}, number(figures->transactions.value()));
  families.add("esclusa_writer_failed_batches_total", {}, number(figures->failed_batches.value()));
  families.add("esclusa_writer_batch_transactions", {}, figures->batch_sizes.state(), 1);
  families.add("esclusa_writer_commit_seconds", {}, figures->commit_time.state(), microsecond);
  families.add("esclusa_writer_queue_seconds", {}, figures->queue_time.state(), microsecond);
  families.add("esclusa_writer_waiting", {}, number(figures->waiting.load()));
  families.add("esclusa_writer_checkpoints_total", {}, number(figures->checkpoints.value()));
  families.add("esclusa_wal_size_bytes", {}, number(figures->wal_bytes.load()));
  families.add("esclusa_database_size_bytes", {}, number(figures->database_bytes.load()));
}

void Metrics::collect_deliveries(Families& families) const {
  const hooks::DeliveryFigures& figures = sources_.worker.figures();
  families.add("esclusa_deliveries_total", {"delivered"}, number(figures.delivered.value()));
  families.add("esclusa_deliveries_total", {"failed"}, number(figures.failed.value()));
  families.add("esclusa_deliveries_total", {"dead"}, number(figures.dead.value()));
  families.add("esclusa_deliveries_total", {"skipped"}, number(figures.skipped.value()));
  families.add("esclusa_delivery_attempt_seconds", {}, figures.attempt_time.state(), microsecond);
  families.add("esclusa_delivery_delay_seconds", {}, figures.delivery_time.state(), microsecond);
  families.add("esclusa_deliveries_in_flight", {}, number(figures.in_flight.load()));
}

void Metrics::collect_rows(Families& families) const {
  const auto found = sources_.rows.look(database_time);
  families.add("esclusa_database_up", {}, found ? 1 : 0);
  if (!found) return;
  families.add("esclusa_disk_free_bytes", {}, number(found->disk_free));
  families.add("esclusa_disk_size_bytes", {}, number(found->disk_size));
  for (const auto kind : {store::EnvironmentKind::production, store::EnvironmentKind::transient,
                          store::EnvironmentKind::other}) {
    const std::string name = store::environment_kind_names.at(static_cast<size_t>(kind));
    const auto count_in = [&](const auto& counts, const auto& key) {
      const auto place = counts.find(key);
      return place == counts.end() ? 0.0 : number(place->second);
    };
    families.add("esclusa_deployments_created_total", {name}, count_in(found->deployments, kind));
    for (const auto& [state, text] : core::enum_names<core::DeploymentState>::values) {
      families.add("esclusa_deployment_statuses_total", {std::string(text), name},
                   count_in(found->statuses, std::pair(std::string(text), kind)));
    }
    for (const char* state : {store::no_state, "waiting", "queued", "pending", "in_progress"}) {
      families.add("esclusa_deployments_unfinished", {state, name},
                   count_in(found->live.unfinished, std::pair(std::string(state), kind)));
    }
  }
  collect_live(families, found->live);
}

void Metrics::collect_live(Families& families, const store::LiveFigures& live) const {
  const Timestamp now = sources_.now();
  const auto age = [&](const store::Waiting& waiting) {
    return waiting.oldest ? std::max(0.0, number((now - *waiting.oldest).count()) * microsecond)
                          : 0.0;
  };
  families.add("esclusa_deliveries_pending", {}, number(live.pending_deliveries.count));
  families.add("esclusa_deliveries_held", {}, number(live.held_deliveries.count));
  families.add("esclusa_delivery_oldest_pending_seconds", {}, age(live.pending_deliveries));
  families.add("esclusa_delivery_oldest_held_seconds", {}, age(live.held_deliveries));
  families.add("esclusa_hooks_failing", {}, number(live.failing_hooks));
  for (const auto& [kind, text] : core::enum_names<core::GateKind>::values) {
    const auto found = live.gates.find(std::string(text));
    const store::Waiting waiting = found == live.gates.end() ? store::Waiting{} : found->second;
    families.add("esclusa_gates_waiting", {std::string(text)}, number(waiting.count));
    families.add("esclusa_gate_oldest_waiting_seconds", {std::string(text)}, age(waiting));
  }
  for (const auto state : {core::ClaimState::claimed, core::ClaimState::started}) {
    const std::string name(core::to_name(state));
    const auto found = live.claims.find(name);
    families.add("esclusa_claims_live", {name},
                 found == live.claims.end() ? 0 : number(found->second));
  }
  collect_agents(families, live.agents);
}

void Metrics::collect_agents(Families& families,
                             const std::vector<core::ListedAgent>& agents) const {
  const Timestamp now = sources_.now();
  int64_t heard_now = 0, heard_earlier = 0, never = 0;
  for (const core::ListedAgent& agent : agents) {
    if (!agent.seen) {
      ++never;
      continue;
    }
    ++(now - agent.seen->last_seen_at <= recently ? heard_now : heard_earlier);
    const std::string id = std::to_string(std::get<AgentTokenId>(agent.credential).value);
    const Families::Labels labels = {agent.name.empty() ? "token " + id : agent.name,
                                     agent.repository, id};
    families.add("esclusa_agent_last_seen_timestamp_seconds", labels,
                 seconds(agent.seen->last_seen_at));
    if (!agent.seen->feed_read_at) continue;
    families.add("esclusa_agent_feed_read_timestamp_seconds", labels,
                 seconds(*agent.seen->feed_read_at));
  }
  families.add("esclusa_agents", {"now"}, number(heard_now));
  families.add("esclusa_agents", {"earlier"}, number(heard_earlier));
  families.add("esclusa_agents", {"never"}, number(never));
}

}  // namespace esclusa
