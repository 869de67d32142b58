#include "bin/metric_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace esclusa {
namespace {

using enum prometheus::MetricType;

// How many values a label can have. `operation` is the name of one in core/operations/, or `none`;
// a test counts them.
constexpr size_t operations = 300;
constexpr size_t codes = 28;
constexpr size_t lanes = 6;
constexpr size_t kinds = 3;   // of environments
constexpr size_t states = 9;  // of deployments, and `none`
constexpr size_t threads = 16;
constexpr size_t agents = 100;  // of which each has a series; all others are only counted

const MetricRow table[] = {
    {"esclusa_build_info", Gauge, {"version"}, 1, "The version of the program; always 1."},
    {"esclusa_database_up",
     Gauge,
     {},
     1,
     "1 if the database answered this scrape; 0 if it did not, and the figures of its rows are "
     "absent."},
    {"esclusa_http_requests_total",
     Counter,
     {"operation", "code"},
     operations* codes,
     "Requests that were answered, by the operation and the status code."},
    {"esclusa_http_request_seconds",
     Histogram,
     {"operation"},
     operations,
     "How long answers took to make, without the wait for a thread."},
    {"esclusa_kept_answers_total",
     Counter,
     {},
     1,
     "Answers that were kept in memory whole, and sent again."},
    {"esclusa_rate_limited_requests_total",
     Counter,
     {},
     1,
     "Requests that were refused because their client asks for too much."},
    {"esclusa_feed_clients", Gauge, {}, 1, "Clients that wait for events of the feed."},
    {"esclusa_connections", Gauge, {}, 1, "Open connections, those of local sockets too."},
    {"esclusa_connections_accepted_total", Counter, {}, 1, "Connections that were accepted."},
    {"esclusa_connections_refused_total",
     Counter,
     {},
     1,
     "Times when there were too many connections, and one had to give way."},
    {"esclusa_lane_running", Gauge, {"lane"}, lanes, "Requests that threads of the lane work on."},
    {"esclusa_lane_waiting",
     Gauge,
     {"lane"},
     lanes,
     "Requests that wait for a thread of the lane."},
    {"esclusa_lane_threads", Gauge, {"lane"}, lanes, "Threads of the lane."},
    {"esclusa_lane_refused_total",
     Counter,
     {"lane"},
     lanes,
     "Requests answered 503 because too many waited in the lane."},
    {"esclusa_lane_wait_seconds",
     Histogram,
     {"lane"},
     lanes,
     "How long requests waited for a thread of the lane."},
    {"esclusa_lane_run_seconds",
     Histogram,
     {"lane"},
     lanes,
     "How long threads of the lane worked on requests."},
    {"esclusa_tls_certificate_expiry_timestamp_seconds",
     Gauge,
     {},
     1,
     "When the TLS certificate ends; absent without TLS."},
    {"esclusa_writer_transactions_total", Counter, {}, 1, "Pieces of work given to the writer."},
    {"esclusa_writer_failed_batches_total",
     Counter,
     {},
     1,
     "Commits that failed: of none of their work anything was kept."},
    {"esclusa_writer_batch_transactions",
     Histogram,
     {},
     1,
     "Pieces of work in one commit; its count is the number of commits."},
    {"esclusa_writer_commit_seconds",
     Histogram,
     {},
     1,
     "How long commits took, with the checkpoints in them."},
    {"esclusa_writer_queue_seconds",
     Histogram,
     {},
     1,
     "How long the first piece of work of each commit waited for the writer."},
    {"esclusa_writer_waiting", Gauge, {}, 1, "Pieces of work that wait for the writer."},
    {"esclusa_writer_checkpoints_total",
     Counter,
     {},
     1,
     "Commits that moved the write-ahead log into the database file."},
    {"esclusa_wal_size_bytes", Gauge, {}, 1, "Size of the write-ahead log."},
    {"esclusa_database_size_bytes", Gauge, {}, 1, "Size of the database file."},
    {"esclusa_disk_free_bytes",
     Gauge,
     {},
     1,
     "Space that the server may still use where its data is."},
    {"esclusa_disk_size_bytes", Gauge, {}, 1, "Size of the file system where the data is."},
    {"esclusa_deliveries_total",
     Counter,
     {"outcome"},
     4,
     "Attempts to deliver that succeeded (delivered) or did not (failed), and deliveries given up "
     "(dead) or not wanted any more (skipped)."},
    {"esclusa_delivery_attempt_seconds",
     Histogram,
     {},
     1,
     "How long receivers took to answer, or to fail."},
    {"esclusa_delivery_delay_seconds",
     Histogram,
     {},
     1,
     "How long it was from an event to its successful delivery."},
    {"esclusa_deliveries_in_flight", Gauge, {}, 1, "Deliveries that are being sent or recorded."},
    {"esclusa_deliveries_pending",
     Gauge,
     {},
     1,
     "Deliveries that will be sent, now or by their schedule; stops at 10,000."},
    {"esclusa_deliveries_held",
     Gauge,
     {},
     1,
     "Deliveries that wait for their hook to work or to be active; stops at 10,000."},
    {"esclusa_delivery_oldest_pending_seconds",
     Gauge,
     {},
     1,
     "Age of the oldest pending delivery; 0 if there is none."},
    {"esclusa_delivery_oldest_held_seconds",
     Gauge,
     {},
     1,
     "Age of the oldest held delivery; 0 if there is none."},
    {"esclusa_hooks_failing", Gauge, {}, 1, "Webhooks that fail again and again."},
    {"esclusa_gates_waiting",
     Gauge,
     {"kind"},
     8,
     "Shut gates of deployments that are held, by the kind of the gate; stops at some 10,000."},
    {"esclusa_gate_oldest_waiting_seconds",
     Gauge,
     {"kind"},
     8,
     "Age of the oldest deployment that waits for a gate of that kind; 0 if there is none."},
    {"esclusa_deployments_created_total",
     Counter,
     {"environment_kind"},
     kinds,
     "Deployments that were created."},
    {"esclusa_deployment_statuses_total",
     Counter,
     {"state", "environment_kind"},
     states* kinds,
     "Statuses that deployments got."},
    {"esclusa_deployments_unfinished",
     Gauge,
     {"state", "environment_kind"},
     states* kinds,
     "Deployments that have not ended, by their state (none: nobody has reported anything); stops "
     "at 10,000."},
    {"esclusa_claims_live", Gauge, {"state"}, 3, "Claims of deployments that agents hold."},
    {"esclusa_agents",
     Gauge,
     {"seen"},
     3,
     "Tokens of agents that work, by when one was last heard of: in the last five minutes (now), "
     "before that (earlier), or never."},
    {"esclusa_agent_last_seen_timestamp_seconds",
     Gauge,
     {"agent", "repository", "token"},
     agents,
     "When an agent was last heard of; of the 100 newest tokens."},
    {"esclusa_agent_feed_read_timestamp_seconds",
     Gauge,
     {"agent", "repository", "token"},
     agents,
     "When an agent last read the feed; absent for agents that hear by webhooks."},
    {"esclusa_git_open_seconds", Histogram, {}, 1, "How long it took to open repositories."},
    {"esclusa_git_walk_seconds", Histogram, {}, 1, "How long walks over commits took."},
    {"esclusa_log_lines_dropped_total",
     Counter,
     {},
     1,
     "Lines of the log that were dropped because nobody read them."},
    {"esclusa_thread_failures_total",
     Counter,
     {"thread"},
     threads,
     "Times when a background thread failed and went on."},
    {"process_cpu_seconds_total",
     Counter,
     {},
     1,
     "Total user and system CPU time spent in seconds."},
    {"process_open_fds", Gauge, {}, 1, "Number of open file descriptors."},
    {"process_max_fds", Gauge, {}, 1, "Maximum number of open file descriptors."},
    {"process_virtual_memory_bytes", Gauge, {}, 1, "Virtual memory size in bytes."},
    {"process_resident_memory_bytes", Gauge, {}, 1, "Resident memory size in bytes."},
    {"process_threads", Gauge, {}, 1, "Number of OS threads in the process."},
    {"process_start_time_seconds",
     Gauge,
     {},
     1,
     "Start time of the process since unix epoch in seconds."},
};

}  // namespace

std::span<const MetricRow> metric_table() { return table; }

Families::Families() {
  for (const MetricRow& row : table) {
    families_.push_back({std::string(row.name), std::string(row.help), row.type, {}});
  }
}

prometheus::ClientMetric* Families::make(std::string_view name, const Labels& labels) {
  const auto row = std::ranges::find(table, name, &MetricRow::name);
  ENSURE(row != std::end(table) && row->labels.size() == labels.size());
  auto& series = families_[static_cast<size_t>(row - std::begin(table))].metric;
  if (series.size() >= row->series_max) return nullptr;
  prometheus::ClientMetric& made = series.emplace_back();
  for (size_t i = 0; i < labels.size(); ++i) {
    made.label.push_back({std::string(row->labels[i]), labels[i]});
  }
  return &made;
}

void Families::add(std::string_view name, const Labels& labels, double value) {
  prometheus::ClientMetric* const made = make(name, labels);
  if (made == nullptr) return;
  made->counter.value = made->gauge.value = value;
}

void Families::add(std::string_view name, const Labels& labels, const HistogramState& state,
                   double unit) {
  prometheus::ClientMetric* const made = make(name, labels);
  if (made == nullptr) return;
  auto& histogram = made->histogram;
  // Divided by a whole number, a bound is the nearest one to what people write: `le="0.1"`.
  const double per_unit = std::round(1 / unit);
  for (size_t i = 0; i <= state.bounds.size(); ++i) {
    histogram.sample_count += state.counts[i];
    const double bound = i < state.bounds.size() ? static_cast<double>(state.bounds[i]) / per_unit
                                                 : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = static_cast<double>(state.sum) * unit;
}

std::vector<prometheus::MetricFamily> Families::take() {
  std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
  return std::move(families_);
}

}  // namespace esclusa
