#include "bin/retention_figures.h"

namespace esclusa {
namespace {

prometheus::MetricFamily counter(std::string name, std::string help) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = prometheus::MetricType::Counter;
  return family;
}

void add(prometheus::MetricFamily& family, std::vector<prometheus::ClientMetric::Label> labels,
         int64_t value) {
  auto& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
}

}  // namespace

std::vector<prometheus::MetricFamily> RetentionFigures::Collect() const {
  auto rows = counter("esclusa_pruned_rows_total", "Rows that were deleted because of their age.");
  for (const core::RetentionRule& rule : core::retention_rules()) {
    add(rows, {{"what", std::string(core::to_name(rule.key))}},
        counters_.pruned_rows[static_cast<size_t>(rule.key)]);
  }
  auto rounds = counter("esclusa_prune_rounds_total", "Rounds of pruning that have ended.");
  add(rounds, {}, counters_.rounds);
  return {std::move(rows), std::move(rounds)};
}

}  // namespace esclusa
